import { observed } from "../testing.ts";
import { type JudgedCase, testJudgements } from "../testing-judgements.ts";
import { deviceBinding } from "./device-binding.ts";

const cases: readonly JudgedCase[] = [
  ["where nothing was observed", {}, "not-applicable"],
  ["of what is right", { observations: [observed("device-binding", "good")] }, "pass"],
  ["of a fault", { observations: [observed("device-binding", "fault")] }, "fail"],
  ["of a doubt", { observations: [observed("device-binding", "doubt")] }, "review"],
  ["where no session is kept", { sessions: [] }, "not-applicable"],
];

testJudgements(deviceBinding, cases);
