import { decided, observed, policy } from "../testing.ts";
import { type JudgedCase, testJudgements } from "../testing-judgements.ts";
import { concurrentSessions } from "./concurrent-sessions.ts";

const cases: readonly JudgedCase[] = [
  ["where nothing was observed", {}, "fail"],
  ["of what is right", { observations: [observed("concurrent-sessions", "good")] }, "pass"],
  ["of a fault", { observations: [observed("concurrent-sessions", "fault")] }, "fail"],
  ["of a doubt", { observations: [observed("concurrent-sessions", "doubt")] }, "review"],
  [
    "of a policy that leaves it open, and says why",
    { policy: policy({ maximumSessions: decided("unlimited", "Families share one.") }) },
    "pass",
  ],
  [
    "of a policy that leaves it open without a reason",
    { policy: policy({ maximumSessions: decided("unlimited") }) },
    "fail",
  ],
  [
    "of a limit that stands in the policy alone",
    { policy: policy({ maximumSessions: decided(5) }) },
    "fail",
  ],
  ["where no session is kept", { sessions: [] }, "not-applicable"],
];

testJudgements(concurrentSessions, cases);
