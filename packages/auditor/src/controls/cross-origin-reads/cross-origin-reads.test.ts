import { observed } from "../testing.ts";
import { type JudgedCase, testJudgements } from "../testing-judgements.ts";
import { crossOriginReads } from "./cross-origin-reads.ts";

const cases: readonly JudgedCase[] = [
  ["where nothing was observed", {}, "pass"],
  ["of what is right", { observations: [observed("cross-origin-reads", "good")] }, "pass"],
  ["of a fault", { observations: [observed("cross-origin-reads", "fault")] }, "fail"],
  ["of a doubt", { observations: [observed("cross-origin-reads", "doubt")] }, "review"],
  ["where no session is kept", { sessions: [] }, "not-applicable"],
];

testJudgements(crossOriginReads, cases);
