import { expect, it } from "vitest";
import type { Evidence } from "../../evidence.ts";
import { evidence, observed } from "../testing.ts";
import { tokenVerification } from "./token-verification.ts";

const cases: readonly (readonly [string, Partial<Evidence>, string])[] = [
  ["where nothing was observed", {}, "not-applicable"],
  ["of what is right", { observations: [observed("token-verification", "good")] }, "pass"],
  ["of a fault", { observations: [observed("token-verification", "fault")] }, "fail"],
  ["of a doubt", { observations: [observed("token-verification", "doubt")] }, "review"],
  ["where no session is kept", { sessions: [] }, "not-applicable"],
];

for (const [title, changes, verdict] of cases) {
  it(`says ${verdict} ${title}`, () => {
    const judgement = tokenVerification.judge(evidence(changes));
    expect(judgement.verdict).toBe(verdict);
    expect(judgement.summary).not.toBe("");
    if (verdict === "fail") expect(judgement.findings[0]?.fix?.text).toBeTruthy();
    if (verdict === "fail" || verdict === "review")
      expect(judgement.findings.length).toBeGreaterThan(0);
  });
}
