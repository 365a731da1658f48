import { observed } from "../testing.ts";
import { type JudgedCase, testJudgements } from "../testing-judgements.ts";
import { sessionPuzzling } from "./session-puzzling.ts";

const cases: readonly JudgedCase[] = [
  ["where nothing was observed", {}, "pass"],
  ["of what is right", { observations: [observed("session-puzzling", "good")] }, "pass"],
  ["of a fault", { observations: [observed("session-puzzling", "fault")] }, "fail"],
  ["of a doubt", { observations: [observed("session-puzzling", "doubt")] }, "review"],
  ["where no session is kept", { sessions: [] }, "not-applicable"],
];

testJudgements(sessionPuzzling, cases);
