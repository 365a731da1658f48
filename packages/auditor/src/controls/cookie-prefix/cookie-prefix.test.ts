import { session, set } from "../testing.ts";
import { type JudgedCase, testJudgements } from "../testing-judgements.ts";
import { cookiePrefix } from "./cookie-prefix.ts";

const cases: readonly JudgedCase[] = [
  ["of __Host-", {}, "pass"],
  ["of a plain name", { sessions: [session({}, { name: set("sid") })] }, "fail"],
  ["of __Secure- alone", { sessions: [session({}, { name: set("__Secure-sid") })] }, "fail"],
  [
    "of __Host- with a Domain, which browsers refuse",
    { sessions: [session({}, { domain: set("example.org") })] },
    "fail",
  ],
  [
    "of __Host- without Secure, which browsers refuse",
    { sessions: [session({}, { secure: set("never") })] },
    "fail",
  ],
  [
    "of __Host- with another path, which browsers refuse",
    { sessions: [session({}, { path: set("/app") })] },
    "fail",
  ],
  ["where no session is kept", { sessions: [] }, "not-applicable"],
];

testJudgements(cookiePrefix, cases);
