import { observed } from "../testing.ts";
import { type JudgedCase, testJudgements } from "../testing-judgements.ts";
import { supportedVersion } from "./supported-version.ts";

const cases: readonly JudgedCase[] = [
  ["where nothing was observed", {}, "pass"],
  ["of what is right", { observations: [observed("supported-version", "good")] }, "pass"],
  ["of a fault", { observations: [observed("supported-version", "fault")] }, "fail"],
  ["of a doubt", { observations: [observed("supported-version", "doubt")] }, "review"],
  ["where no session is kept", { sessions: [] }, "not-applicable"],
];

testJudgements(supportedVersion, cases);
