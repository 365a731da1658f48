import { expect, it } from "vitest";
import type { Evidence } from "../../evidence.ts";
import { change, evidence } from "../testing.ts";
import { regeneratePasswordChange } from "./regenerate-password-change.ts";

const cases: readonly (readonly [string, Partial<Evidence>, string])[] = [
  ["of rotation", {}, "pass"],
  [
    "of no rotation",
    { privilegeChanges: [change({ kind: "password-change", rotation: "none" })] },
    "fail",
  ],
  [
    "where only the other sessions end",
    { privilegeChanges: [change({ kind: "password-change", rotation: "none", others: "ended" })] },
    "fail",
  ],
  ["where nobody changes a password", { privilegeChanges: [change({})] }, "not-applicable"],
  ["where no session is kept", { sessions: [] }, "not-applicable"],
];

for (const [title, changes, verdict] of cases) {
  it(`says ${verdict} ${title}`, () => {
    const judgement = regeneratePasswordChange.judge(evidence(changes));
    expect(judgement.verdict).toBe(verdict);
    expect(judgement.summary).not.toBe("");
    if (verdict === "fail") expect(judgement.findings[0]?.fix?.text).toBeTruthy();
    if (verdict === "fail" || verdict === "review")
      expect(judgement.findings.length).toBeGreaterThan(0);
  });
}
