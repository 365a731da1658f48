import { observed } from "../testing.ts";
import { type JudgedCase, testJudgements } from "../testing-judgements.ts";
import { idValidation } from "./id-validation.ts";

const cases: readonly JudgedCase[] = [
  ["where nothing was observed", {}, "not-applicable"],
  ["of what is right", { observations: [observed("id-validation", "good")] }, "pass"],
  ["of a fault", { observations: [observed("id-validation", "fault")] }, "fail"],
  ["of a doubt", { observations: [observed("id-validation", "doubt")] }, "review"],
  ["where no session is kept", { sessions: [] }, "not-applicable"],
];

testJudgements(idValidation, cases);
