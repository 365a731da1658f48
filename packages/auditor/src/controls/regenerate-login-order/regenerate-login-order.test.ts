import { expect, it } from "vitest";
import type { Evidence } from "../../evidence.ts";
import { change, evidence } from "../testing.ts";
import { regenerateLoginOrder } from "./regenerate-login-order.ts";

const cases: readonly (readonly [string, Partial<Evidence>, string])[] = [
  ["of rotation before the identity", {}, "pass"],
  [
    "of an old session that lives on",
    { privilegeChanges: [change({ rotation: "old-session-kept" })] },
    "fail",
  ],
  [
    "of rotation before the check",
    { privilegeChanges: [change({ rotation: "before-check" })] },
    "fail",
  ],
  ["where nothing rotates", { privilegeChanges: [change({ rotation: "none" })] }, "not-applicable"],
  ["where no session is kept", { sessions: [] }, "not-applicable"],
];

for (const [title, changes, verdict] of cases) {
  it(`says ${verdict} ${title}`, () => {
    const judgement = regenerateLoginOrder.judge(evidence(changes));
    expect(judgement.verdict).toBe(verdict);
    expect(judgement.summary).not.toBe("");
    if (verdict === "fail") expect(judgement.findings[0]?.fix?.text).toBeTruthy();
    if (verdict === "fail" || verdict === "review")
      expect(judgement.findings.length).toBeGreaterThan(0);
  });
}
