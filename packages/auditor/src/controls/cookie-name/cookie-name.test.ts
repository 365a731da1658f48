import { session, set } from "../testing.ts";
import { type JudgedCase, testJudgements } from "../testing-judgements.ts";
import { cookieName } from "./cookie-name.ts";

const cases: readonly JudgedCase[] = [
  ["of a name of its own", {}, "pass"],
  ["of the default name", { sessions: [session({}, { name: set("connect.sid") })] }, "fail"],
  ["where no session is kept", { sessions: [] }, "not-applicable"],
];

testJudgements(cookieName, cases);
