import { decidedOutside, session, set } from "../testing.ts";
import { type JudgedCase, testJudgements } from "../testing-judgements.ts";
import { cookieHttpOnly } from "./cookie-httponly.ts";

const cases: readonly JudgedCase[] = [
  ["of HttpOnly", {}, "pass"],
  ["of no HttpOnly", { sessions: [session({}, { httpOnly: set(false) })] }, "fail"],
  [
    "of a flag that the deployment decides",
    { sessions: [session({}, { httpOnly: decidedOutside() })] },
    "review",
  ],
  ["where no session is kept", { sessions: [] }, "not-applicable"],
];

testJudgements(cookieHttpOnly, cases);
