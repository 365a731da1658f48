import { observed } from "../testing.ts";
import { type JudgedCase, testJudgements } from "../testing-judgements.ts";
import { sessionData } from "./session-data.ts";

const cases: readonly JudgedCase[] = [
  ["where nothing was observed", {}, "pass"],
  ["of what is right", { observations: [observed("session-data", "good")] }, "pass"],
  ["of a fault", { observations: [observed("session-data", "fault")] }, "fail"],
  ["of a doubt", { observations: [observed("session-data", "doubt")] }, "review"],
  ["where no session is kept", { sessions: [] }, "not-applicable"],
];

testJudgements(sessionData, cases);
