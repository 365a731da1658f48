import { expect, it } from "vitest";
import type { Evidence } from "../../evidence.ts";
import { evidence, session, set, somewhere } from "../testing.ts";
import { strictMode } from "./strict-mode.ts";

const cases: readonly (readonly [string, Partial<Evidence>, string])[] = [
  ["of refused ids", {}, "pass"],
  ["of adopted ids", { sessions: [session({ strictIds: set(false) })] }, "fail"],
  [
    "of a handler that cannot be followed",
    {
      sessions: [
        session({
          strictIds: {
            value: undefined,
            origin: { kind: "unknown", why: "the handler is a service", place: somewhere },
          },
        }),
      ],
    },
    "review",
  ],
  [
    "of a cookie that carries the contents",
    { sessions: [session({ isStateless: true })] },
    "not-applicable",
  ],
  ["where no session is kept", { sessions: [] }, "not-applicable"],
];

for (const [title, changes, verdict] of cases) {
  it(`says ${verdict} ${title}`, () => {
    const judgement = strictMode.judge(evidence(changes));
    expect(judgement.verdict).toBe(verdict);
    expect(judgement.summary).not.toBe("");
    if (verdict === "fail") expect(judgement.findings[0]?.fix?.text).toBeTruthy();
    if (verdict === "fail" || verdict === "review")
      expect(judgement.findings.length).toBeGreaterThan(0);
  });
}
