import { observed } from "../testing.ts";
import { type JudgedCase, testJudgements } from "../testing-judgements.ts";
import { eagerSessions } from "./eager-sessions.ts";

const cases: readonly JudgedCase[] = [
  ["where nothing was observed", {}, "pass"],
  ["of what is right", { observations: [observed("eager-sessions", "good")] }, "pass"],
  ["of a fault", { observations: [observed("eager-sessions", "fault")] }, "fail"],
  ["of a doubt", { observations: [observed("eager-sessions", "doubt")] }, "review"],
  ["where no session is kept", { sessions: [] }, "not-applicable"],
];

testJudgements(eagerSessions, cases);
