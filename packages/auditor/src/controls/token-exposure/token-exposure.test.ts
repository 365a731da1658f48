import { observed } from "../testing.ts";
import { type JudgedCase, testJudgements } from "../testing-judgements.ts";
import { tokenExposure } from "./token-exposure.ts";

const cases: readonly JudgedCase[] = [
  ["where nothing was observed", {}, "pass"],
  ["of what is right", { observations: [observed("token-exposure", "good")] }, "pass"],
  ["of a fault", { observations: [observed("token-exposure", "fault")] }, "fail"],
  ["of a doubt", { observations: [observed("token-exposure", "doubt")] }, "review"],
  ["where no session is kept", { sessions: [] }, "not-applicable"],
];

testJudgements(tokenExposure, cases);
