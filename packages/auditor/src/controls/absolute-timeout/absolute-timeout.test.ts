import { observed } from "../testing.ts";
import { type JudgedCase, testJudgements } from "../testing-judgements.ts";
import { absoluteTimeout } from "./absolute-timeout.ts";

const cases: readonly JudgedCase[] = [
  ["where nothing was observed", {}, "not-applicable"],
  ["of what is right", { observations: [observed("absolute-timeout", "good")] }, "pass"],
  ["of a fault", { observations: [observed("absolute-timeout", "fault")] }, "fail"],
  ["of a doubt", { observations: [observed("absolute-timeout", "doubt")] }, "review"],
  ["where no session is kept", { sessions: [] }, "not-applicable"],
];

testJudgements(absoluteTimeout, cases);
