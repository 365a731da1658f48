import { expect, it } from "vitest";
import type { Evidence } from "../../evidence.ts";
import { change, evidence, session } from "../testing.ts";
import { regenerateLogin } from "./regenerate-login.ts";

const cases: readonly (readonly [string, Partial<Evidence>, string])[] = [
  ["of rotation", {}, "pass"],
  [
    "of one way in without",
    { privilegeChanges: [change({}), change({ kind: "registration", rotation: "none" })] },
    "fail",
  ],
  [
    "of rotation before the check",
    { privilegeChanges: [change({ rotation: "before-check" })] },
    "fail",
  ],
  [
    "of an old session that lives on, which another control judges",
    { privilegeChanges: [change({ rotation: "old-session-kept" })] },
    "pass",
  ],
  [
    "of a way that cannot be followed",
    { privilegeChanges: [change({ rotation: "unknown" })] },
    "review",
  ],
  ["where nobody signs in", { privilegeChanges: [] }, "not-applicable"],
  [
    "of a cookie that carries the contents",
    { sessions: [session({ isStateless: true })] },
    "not-applicable",
  ],
  ["where no session is kept", { sessions: [] }, "not-applicable"],
];

for (const [title, changes, verdict] of cases) {
  it(`says ${verdict} ${title}`, () => {
    const judgement = regenerateLogin.judge(evidence(changes));
    expect(judgement.verdict).toBe(verdict);
    expect(judgement.summary).not.toBe("");
    if (verdict === "fail") expect(judgement.findings[0]?.fix?.text).toBeTruthy();
    if (verdict === "fail" || verdict === "review")
      expect(judgement.findings.length).toBeGreaterThan(0);
  });
}
