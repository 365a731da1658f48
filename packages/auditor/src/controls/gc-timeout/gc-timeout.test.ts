import { expect, it } from "vitest";
import type { Evidence } from "../../evidence.ts";
import { evidence, session, set } from "../testing.ts";
import { gcTimeout } from "./gc-timeout.ts";

const cases: readonly (readonly [string, Partial<Evidence>, string])[] = [
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

for (const [title, changes, verdict] of cases) {
  it(`says ${verdict} ${title}`, () => {
    const judgement = gcTimeout.judge(evidence(changes));
    expect(judgement.verdict).toBe(verdict);
    expect(judgement.summary).not.toBe("");
    if (verdict === "fail") expect(judgement.findings[0]?.fix?.text).toBeTruthy();
    if (verdict === "fail" || verdict === "review")
      expect(judgement.findings.length).toBeGreaterThan(0);
  });
}
