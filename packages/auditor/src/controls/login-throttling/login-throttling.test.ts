import { expect, it } from "vitest";
import type { Evidence } from "../../evidence.ts";
import { evidence, somewhere } from "../testing.ts";
import { loginThrottling } from "./login-throttling.ts";

const cases: readonly (readonly [string, Partial<Evidence>, string])[] = [
  ["of a limiter", {}, "pass"],
  [
    "of none",
    { throttling: { present: false, place: somewhere, why: "It was looked for." } },
    "fail",
  ],
  [
    "of what cannot be told",
    { throttling: { present: undefined, place: somewhere, why: "It was looked for." } },
    "review",
  ],
  ["where nobody signs in", { throttling: undefined }, "not-applicable"],
];

for (const [title, changes, verdict] of cases) {
  it(`says ${verdict} ${title}`, () => {
    const judgement = loginThrottling.judge(evidence(changes));
    expect(judgement.verdict).toBe(verdict);
    expect(judgement.summary).not.toBe("");
    if (verdict === "fail") expect(judgement.findings[0]?.fix?.text).toBeTruthy();
    if (verdict === "fail" || verdict === "review")
      expect(judgement.findings.length).toBeGreaterThan(0);
  });
}
