import { change, decided, observed, policy, session, set } from "../testing.ts";
import { type JudgedCase, testJudgements } from "../testing-judgements.ts";
import { sessionPolicy } from "./session-policy.ts";

const WEEK = 604_800;

const cases: readonly JudgedCase[] = [
  ["where nothing is written down", {}, "fail"],
  ["where the policy is what the code does", { policy: policy() }, "pass"],
  ["within a tenth", { policy: policy({ idleSeconds: decided(1900) }) }, "pass"],
  ["where the code waits longer", { policy: policy({ idleSeconds: decided(900) }) }, "fail"],
  [
    "where the code never ends what the policy ends",
    {
      policy: policy(),
      sessions: [session({ idle: { seconds: set("never"), keptBy: "nobody" } })],
    },
    "fail",
  ],
  [
    "where the code could not be followed",
    {
      policy: policy(),
      sessions: [
        session({
          idle: {
            seconds: { value: undefined, origin: { kind: "unknown", why: "It is computed." } },
            keptBy: "application",
          },
        }),
      ],
    },
    "review",
  ],
  [
    "of a long time without a reason",
    {
      policy: policy({ idleSeconds: decided(WEEK) }),
      sessions: [session({ idle: { seconds: set(WEEK), keptBy: "application" } })],
    },
    "fail",
  ],
  [
    "of a long time with its reason",
    {
      policy: policy({ idleSeconds: decided(WEEK, "A kiosk in a locked room.") }),
      sessions: [session({ idle: { seconds: set(WEEK), keptBy: "application" } })],
    },
    "pass",
  ],
  [
    "where nothing ends a session that is used",
    { policy: policy(), observations: [observed("absolute-timeout", "fault")] },
    "fail",
  ],
  ["of a policy without a time", { policy: policy({ absoluteSeconds: undefined }) }, "fail"],
  ["of a policy with a fault", { policy: policy({ faults: ["There is no key x."] }) }, "fail"],
  [
    "of a provider's sign-in that the policy does not mention",
    { policy: policy(), privilegeChanges: [change({ kind: "single-sign-on" })] },
    "fail",
  ],
  [
    "of a provider's sign-in that it does",
    {
      policy: policy({ federation: decided("Sessions here end on their own.") }),
      privilegeChanges: [change({ kind: "single-sign-on" })],
    },
    "pass",
  ],
  ["of Holdfast, whose options are the policy", { stack: "holdfast" }, "pass"],
  ["where no session is kept", { sessions: [] }, "not-applicable"],
];

testJudgements(sessionPolicy, cases);
