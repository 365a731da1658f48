import { observed } from "../testing.ts";
import { type JudgedCase, testJudgements } from "../testing-judgements.ts";
import { sessionOverview } from "./session-overview.ts";

const cases: readonly JudgedCase[] = [
  ["where nothing was observed", {}, "not-applicable"],
  ["of what is right", { observations: [observed("session-overview", "good")] }, "pass"],
  ["of a fault", { observations: [observed("session-overview", "fault")] }, "fail"],
  ["of a doubt", { observations: [observed("session-overview", "doubt")] }, "review"],
  ["where no session is kept", { sessions: [] }, "not-applicable"],
];

testJudgements(sessionOverview, cases);
