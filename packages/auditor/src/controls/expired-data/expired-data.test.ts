import { observed } from "../testing.ts";
import { type JudgedCase, testJudgements } from "../testing-judgements.ts";
import { expiredData } from "./expired-data.ts";

const cases: readonly JudgedCase[] = [
  ["where nothing was observed", {}, "not-applicable"],
  ["of what is right", { observations: [observed("expired-data", "good")] }, "pass"],
  ["of a fault", { observations: [observed("expired-data", "fault")] }, "fail"],
  ["of a doubt", { observations: [observed("expired-data", "doubt")] }, "review"],
  ["where no session is kept", { sessions: [] }, "not-applicable"],
];

testJudgements(expiredData, cases);
