import { expect, it } from "vitest";
import type { Evidence } from "../../evidence.ts";
import { change, evidence } from "../testing.ts";
import { regenerateRoleChange } from "./regenerate-role-change.ts";

const cases: readonly (readonly [string, Partial<Evidence>, string])[] = [
  ["of rotation", {}, "pass"],
  [
    "where the sessions concerned end",
    { privilegeChanges: [change({ kind: "role-change", rotation: "none", others: "ended" })] },
    "pass",
  ],
  [
    "of no effect",
    { privilegeChanges: [change({ kind: "role-change", rotation: "none", others: "kept" })] },
    "fail",
  ],
  ["where nobody changes rights", { privilegeChanges: [] }, "not-applicable"],
  ["where no session is kept", { sessions: [] }, "not-applicable"],
];

for (const [title, changes, verdict] of cases) {
  it(`says ${verdict} ${title}`, () => {
    const judgement = regenerateRoleChange.judge(evidence(changes));
    expect(judgement.verdict).toBe(verdict);
    expect(judgement.summary).not.toBe("");
    if (verdict === "fail") expect(judgement.findings[0]?.fix?.text).toBeTruthy();
    if (verdict === "fail" || verdict === "review")
      expect(judgement.findings.length).toBeGreaterThan(0);
  });
}
