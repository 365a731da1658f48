import { observed } from "../testing.ts";
import { type JudgedCase, testJudgements } from "../testing-judgements.ts";
import { stolenSessionSignals } from "./stolen-session-signals.ts";

const cases: readonly JudgedCase[] = [
  ["where nothing was observed", {}, "not-applicable"],
  ["of what is right", { observations: [observed("stolen-session-signals", "good")] }, "pass"],
  ["of a fault", { observations: [observed("stolen-session-signals", "fault")] }, "fail"],
  ["of a doubt", { observations: [observed("stolen-session-signals", "doubt")] }, "review"],
  ["where no session is kept", { sessions: [] }, "not-applicable"],
];

testJudgements(stolenSessionSignals, cases);
