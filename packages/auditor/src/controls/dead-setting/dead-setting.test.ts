import { observed } from "../testing.ts";
import { type JudgedCase, testJudgements } from "../testing-judgements.ts";
import { deadSetting } from "./dead-setting.ts";

const cases: readonly JudgedCase[] = [
  ["where nothing was observed", {}, "pass"],
  ["of what is right", { observations: [observed("dead-setting", "good")] }, "pass"],
  ["of a fault", { observations: [observed("dead-setting", "fault")] }, "fail"],
  ["of a doubt", { observations: [observed("dead-setting", "doubt")] }, "review"],
  ["where no session is kept", { sessions: [] }, "not-applicable"],
];

testJudgements(deadSetting, cases);
