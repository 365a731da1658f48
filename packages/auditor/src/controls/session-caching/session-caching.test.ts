import { observed } from "../testing.ts";
import { type JudgedCase, testJudgements } from "../testing-judgements.ts";
import { sessionCaching } from "./session-caching.ts";

const cases: readonly JudgedCase[] = [
  ["where nothing was observed", {}, "pass"],
  ["of what is right", { observations: [observed("session-caching", "good")] }, "pass"],
  ["of a fault", { observations: [observed("session-caching", "fault")] }, "fail"],
  ["of a doubt", { observations: [observed("session-caching", "doubt")] }, "review"],
  ["where no session is kept", { sessions: [] }, "not-applicable"],
];

testJudgements(sessionCaching, cases);
