import { expect, it } from "vitest";
import type { Evidence } from "../../evidence.ts";
import { evidence, somewhere } from "../testing.ts";
import { csrf } from "./csrf.ts";

const cases: readonly (readonly [string, Partial<Evidence>, string])[] = [
  ["of full cover", {}, "pass"],
  [
    "of gaps",
    {
      csrf: {
        cover: "partial",
        place: somewhere,
        why: "It was looked for.",
        gaps: [{ place: somewhere, what: "delete has no token" }],
      },
    },
    "fail",
  ],
  [
    "of no cover",
    { csrf: { cover: "none", place: somewhere, why: "It was looked for.", gaps: [] } },
    "fail",
  ],
  [
    "of what cannot be followed",
    { csrf: { cover: "unknown", place: somewhere, why: "It was looked for.", gaps: [] } },
    "review",
  ],
  ["where nothing changes state", { csrf: undefined }, "not-applicable"],
  ["where no session is kept", { sessions: [] }, "not-applicable"],
];

for (const [title, changes, verdict] of cases) {
  it(`says ${verdict} ${title}`, () => {
    const judgement = csrf.judge(evidence(changes));
    expect(judgement.verdict).toBe(verdict);
    expect(judgement.summary).not.toBe("");
    if (verdict === "fail") expect(judgement.findings[0]?.fix?.text).toBeTruthy();
    if (verdict === "fail" || verdict === "review")
      expect(judgement.findings.length).toBeGreaterThan(0);
  });
}
