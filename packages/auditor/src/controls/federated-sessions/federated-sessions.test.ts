import { observed } from "../testing.ts";
import { type JudgedCase, testJudgements } from "../testing-judgements.ts";
import { federatedSessions } from "./federated-sessions.ts";

const cases: readonly JudgedCase[] = [
  ["where nothing was observed", {}, "not-applicable"],
  ["of what is right", { observations: [observed("federated-sessions", "good")] }, "pass"],
  ["of a fault", { observations: [observed("federated-sessions", "fault")] }, "fail"],
  ["of a doubt", { observations: [observed("federated-sessions", "doubt")] }, "review"],
  ["where no session is kept", { sessions: [] }, "not-applicable"],
];

testJudgements(federatedSessions, cases);
