import { expect, it } from "vitest";
import type { Evidence } from "../../evidence.ts";
import { evidence, signOut } from "../testing.ts";
import { logoutDestroy } from "./logout-destroy.ts";

const cases: readonly (readonly [string, Partial<Evidence>, string])[] = [
  ["of a destroyed session", {}, "pass"],
  ["of a cleared cookie", { signOuts: [signOut("cookie-cleared")] }, "pass"],
  ["of a removed key", { signOuts: [signOut("key-removed")] }, "fail"],
  ["of one way out among two", { signOuts: [signOut("destroyed"), signOut("nothing")] }, "fail"],
  ["where there is a way in and none out", { signOuts: [] }, "fail"],
  ["where nobody signs in", { signOuts: [], privilegeChanges: [] }, "not-applicable"],
  ["where no session is kept", { sessions: [] }, "not-applicable"],
];

for (const [title, changes, verdict] of cases) {
  it(`says ${verdict} ${title}`, () => {
    const judgement = logoutDestroy.judge(evidence(changes));
    expect(judgement.verdict).toBe(verdict);
    expect(judgement.summary).not.toBe("");
    if (verdict === "fail") expect(judgement.findings[0]?.fix?.text).toBeTruthy();
    if (verdict === "fail" || verdict === "review")
      expect(judgement.findings.length).toBeGreaterThan(0);
  });
}
