import { observed } from "../testing.ts";
import { type JudgedCase, testJudgements } from "../testing-judgements.ts";
import { clientCleanup } from "./client-cleanup.ts";

const cases: readonly JudgedCase[] = [
  ["where nothing was observed", {}, "not-applicable"],
  ["of what is right", { observations: [observed("client-cleanup", "good")] }, "pass"],
  ["of a fault", { observations: [observed("client-cleanup", "fault")] }, "fail"],
  ["of a doubt", { observations: [observed("client-cleanup", "doubt")] }, "review"],
  ["where no session is kept", { sessions: [] }, "not-applicable"],
];

testJudgements(clientCleanup, cases);
