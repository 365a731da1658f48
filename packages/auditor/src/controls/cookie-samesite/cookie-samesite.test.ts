import { session, set } from "../testing.ts";
import { type JudgedCase, testJudgements } from "../testing-judgements.ts";
import { cookieSameSite } from "./cookie-samesite.ts";

const cases: readonly JudgedCase[] = [
  ["of Lax", {}, "pass"],
  ["of Strict", { sessions: [session({}, { sameSite: set("strict") })] }, "pass"],
  ["of None", { sessions: [session({}, { sameSite: set("none") })] }, "fail"],
  ["of no attribute", { sessions: [session({}, { sameSite: set("unset") })] }, "fail"],
  ["where no session is kept", { sessions: [] }, "not-applicable"],
];

testJudgements(cookieSameSite, cases);
