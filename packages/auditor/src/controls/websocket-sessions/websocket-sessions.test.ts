import { observed } from "../testing.ts";
import { type JudgedCase, testJudgements } from "../testing-judgements.ts";
import { websocketSessions } from "./websocket-sessions.ts";

const cases: readonly JudgedCase[] = [
  ["where nothing was observed", {}, "not-applicable"],
  ["of what is right", { observations: [observed("websocket-sessions", "good")] }, "pass"],
  ["of a fault", { observations: [observed("websocket-sessions", "fault")] }, "fail"],
  ["of a doubt", { observations: [observed("websocket-sessions", "doubt")] }, "review"],
  ["where no session is kept", { sessions: [] }, "not-applicable"],
];

testJudgements(websocketSessions, cases);
