import { decidedOutside, session, set } from "../testing.ts";
import { type JudgedCase, testJudgements } from "../testing-judgements.ts";
import { cookieSecure } from "./cookie-secure.ts";

const cases: readonly JudgedCase[] = [
  ["of Secure always", {}, "pass"],
  [
    "of Secure whenever the request came by https",
    { sessions: [session({}, { secure: set("when-https") })] },
    "pass",
  ],
  ["of no Secure", { sessions: [session({}, { secure: set("never") })] }, "fail"],
  [
    "of a flag that the deployment decides",
    { sessions: [session({}, { secure: decidedOutside() })] },
    "review",
  ],
  [
    "of one cookie among two",
    { sessions: [session(), session({}, { secure: set("never") })] },
    "fail",
  ],
  ["where no session is kept", { sessions: [] }, "not-applicable"],
];

testJudgements(cookieSecure, cases);
