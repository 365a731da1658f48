import { expect, it } from "vitest";
import type { Evidence } from "../../evidence.ts";
import { evidence, somewhere } from "../testing.ts";
import { auditLogging } from "./audit-logging.ts";

const cases: readonly (readonly [string, Partial<Evidence>, string])[] = [
  ["of both", {}, "pass"],
  [
    "of successes alone",
    {
      auditLog: {
        success: { present: true, place: somewhere, why: "It was looked for." },
        failure: { present: false, place: somewhere, why: "It was looked for." },
      },
    },
    "fail",
  ],
  [
    "of what cannot be told",
    {
      auditLog: {
        success: { present: true, place: somewhere, why: "It was looked for." },
        failure: { present: undefined, place: somewhere, why: "It was looked for." },
      },
    },
    "review",
  ],
  ["where nobody signs in", { auditLog: undefined }, "not-applicable"],
];

for (const [title, changes, verdict] of cases) {
  it(`says ${verdict} ${title}`, () => {
    const judgement = auditLogging.judge(evidence(changes));
    expect(judgement.verdict).toBe(verdict);
    expect(judgement.summary).not.toBe("");
    if (verdict === "fail") expect(judgement.findings[0]?.fix?.text).toBeTruthy();
    if (verdict === "fail" || verdict === "review")
      expect(judgement.findings.length).toBeGreaterThan(0);
  });
}
