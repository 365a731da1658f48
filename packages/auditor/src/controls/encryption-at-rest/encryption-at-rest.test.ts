import { expect, it } from "vitest";
import type { Evidence } from "../../evidence.ts";
import { evidence, session, set } from "../testing.ts";
import { encryptionAtRest } from "./encryption-at-rest.ts";

const cases: readonly (readonly [string, Partial<Evidence>, string])[] = [
  ["of encrypted contents", {}, "pass"],
  ["of clear text", { sessions: [session({ isEncrypted: set(false) })] }, "fail"],
  [
    "of a signed cookie",
    { sessions: [session({ isStateless: true, isEncrypted: set(false) })] },
    "fail",
  ],
  ["where no session is kept", { sessions: [] }, "not-applicable"],
];

for (const [title, changes, verdict] of cases) {
  it(`says ${verdict} ${title}`, () => {
    const judgement = encryptionAtRest.judge(evidence(changes));
    expect(judgement.verdict).toBe(verdict);
    expect(judgement.summary).not.toBe("");
    if (verdict === "fail") expect(judgement.findings[0]?.fix?.text).toBeTruthy();
    if (verdict === "fail" || verdict === "review")
      expect(judgement.findings.length).toBeGreaterThan(0);
  });
}
