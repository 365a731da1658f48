import { observed } from "../testing.ts";
import { type JudgedCase, testJudgements } from "../testing-judgements.ts";
import { idsAtRest } from "./ids-at-rest.ts";

const cases: readonly JudgedCase[] = [
  ["where nothing was observed", {}, "not-applicable"],
  ["of what is right", { observations: [observed("ids-at-rest", "good")] }, "pass"],
  ["of a fault", { observations: [observed("ids-at-rest", "fault")] }, "fail"],
  ["of a doubt", { observations: [observed("ids-at-rest", "doubt")] }, "review"],
  ["where no session is kept", { sessions: [] }, "not-applicable"],
];

testJudgements(idsAtRest, cases);
