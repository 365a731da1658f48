import { observed } from "../testing.ts";
import { type JudgedCase, testJudgements } from "../testing-judgements.ts";
import { tokenInLog } from "./token-in-log.ts";

const cases: readonly JudgedCase[] = [
  ["where nothing was observed", {}, "pass"],
  ["of what is right", { observations: [observed("token-in-log", "good")] }, "pass"],
  ["of a fault", { observations: [observed("token-in-log", "fault")] }, "fail"],
  ["of a doubt", { observations: [observed("token-in-log", "doubt")] }, "review"],
  ["where no session is kept", { sessions: [] }, "not-applicable"],
];

testJudgements(tokenInLog, cases);
