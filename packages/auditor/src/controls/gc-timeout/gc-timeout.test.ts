import { session, set } from "../testing.ts";
import { type JudgedCase, testJudgements } from "../testing-judgements.ts";
import { gcTimeout } from "./gc-timeout.ts";

const cases: readonly JudgedCase[] = [
  ["where the application keeps the time", {}, "pass"],
  [
    "where the library keeps it",
    { sessions: [session({ idle: { seconds: set(3600), keptBy: "library" } })] },
    "pass",
  ],
  [
    "where only the store has a default",
    { sessions: [session({ idle: { seconds: set(86_400), keptBy: "store-default" } })] },
    "review",
  ],
  [
    "where garbage collection was given a time",
    { sessions: [session({ idle: { seconds: set(1440), keptBy: "garbage-collection" } })] },
    "review",
  ],
  [
    "where garbage collection has PHP's default",
    {
      sessions: [
        session({
          idle: {
            seconds: { value: 1440, origin: { kind: "platform", of: "PHP" } },
            keptBy: "garbage-collection",
          },
        }),
      ],
    },
    "fail",
  ],
  [
    "where nothing ends a session",
    { sessions: [session({ idle: { seconds: set("never"), keptBy: "nobody" } })] },
    "fail",
  ],
  ["where no session is kept", { sessions: [] }, "not-applicable"],
];

testJudgements(gcTimeout, cases);
