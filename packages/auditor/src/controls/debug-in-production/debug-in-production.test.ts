import { observed } from "../testing.ts";
import { type JudgedCase, testJudgements } from "../testing-judgements.ts";
import { debugInProduction } from "./debug-in-production.ts";

const cases: readonly JudgedCase[] = [
  ["where nothing was observed", {}, "pass"],
  ["of what is right", { observations: [observed("debug-in-production", "good")] }, "pass"],
  ["of a fault", { observations: [observed("debug-in-production", "fault")] }, "fail"],
  ["of a doubt", { observations: [observed("debug-in-production", "doubt")] }, "review"],
  ["where no session is kept", { sessions: [] }, "not-applicable"],
];

testJudgements(debugInProduction, cases);
