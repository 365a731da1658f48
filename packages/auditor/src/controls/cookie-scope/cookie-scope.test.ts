import { session, set } from "../testing.ts";
import { type JudgedCase, testJudgements } from "../testing-judgements.ts";
import { cookieScope } from "./cookie-scope.ts";

const cases: readonly JudgedCase[] = [
  ["of a single host", {}, "pass"],
  ["of a Domain", { sessions: [session({}, { domain: set("example.org") })] }, "fail"],
  ["where no session is kept", { sessions: [] }, "not-applicable"],
];

testJudgements(cookieScope, cases);
