import { expect, it } from "vitest";
import type { Evidence } from "../../evidence.ts";
import { evidence, session, set } from "../testing.ts";
import { idEntropy } from "./id-entropy.ts";

const cases: readonly (readonly [string, Partial<Evidence>, string])[] = [
  ["of 192 bits", {}, "pass"],
  ["of 128 bits", { sessions: [session({ idBits: set(128) })] }, "pass"],
  [
    "of 88 bits, which NIST takes and ASVS does not",
    { sessions: [session({ idBits: set(88) })] },
    "review",
  ],
  ["of 52 bits", { sessions: [session({ idBits: set(52) })] }, "fail"],
  [
    "of a cookie that carries the contents",
    { sessions: [session({ isStateless: true })] },
    "not-applicable",
  ],
  ["where no session is kept", { sessions: [] }, "not-applicable"],
];

for (const [title, changes, verdict] of cases) {
  it(`says ${verdict} ${title}`, () => {
    const judgement = idEntropy.judge(evidence(changes));
    expect(judgement.verdict).toBe(verdict);
    expect(judgement.summary).not.toBe("");
    if (verdict === "fail") expect(judgement.findings[0]?.fix?.text).toBeTruthy();
    if (verdict === "fail" || verdict === "review")
      expect(judgement.findings.length).toBeGreaterThan(0);
  });
}
