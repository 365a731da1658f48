import { observed } from "../testing.ts";
import { type JudgedCase, testJudgements } from "../testing-judgements.ts";
import { deserialization } from "./deserialization.ts";

const cases: readonly JudgedCase[] = [
  ["where nothing was observed", {}, "pass"],
  ["of what is right", { observations: [observed("deserialization", "good")] }, "pass"],
  ["of a fault", { observations: [observed("deserialization", "fault")] }, "fail"],
  ["of a doubt", { observations: [observed("deserialization", "doubt")] }, "review"],
  ["where no session is kept", { sessions: [] }, "not-applicable"],
];

testJudgements(deserialization, cases);
