import { observed } from "../testing.ts";
import { type JudgedCase, testJudgements } from "../testing-judgements.ts";
import { safeMethods } from "./safe-methods.ts";

const cases: readonly JudgedCase[] = [
  ["where nothing was observed", {}, "pass"],
  ["of what is right", { observations: [observed("safe-methods", "good")] }, "pass"],
  ["of a fault", { observations: [observed("safe-methods", "fault")] }, "fail"],
  ["of a doubt", { observations: [observed("safe-methods", "doubt")] }, "review"],
  ["where no session is kept", { sessions: [] }, "not-applicable"],
];

testJudgements(safeMethods, cases);
