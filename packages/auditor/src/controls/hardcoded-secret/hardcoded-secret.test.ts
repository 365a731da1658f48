import { expect, it } from "vitest";
import type { Evidence } from "../../evidence.ts";
import { evidence, secret, session } from "../testing.ts";
import { hardcodedSecret } from "./hardcoded-secret.ts";

const cases: readonly (readonly [string, Partial<Evidence>, string])[] = [
  ["of a secret from the environment", {}, "pass"],
  [
    "of a literal",
    {
      sessions: [
        session({ secrets: [secret({ source: "literal", masked: "ke… (12 characters)" })] }),
      ],
    },
    "fail",
  ],
  ["of a fallback", { sessions: [session({ secrets: [secret({ source: "fallback" })] })] }, "fail"],
  [
    "of a placeholder",
    { sessions: [session({ secrets: [secret({ source: "placeholder" })] })] },
    "review",
  ],
  ["of no secret", { sessions: [session({ secrets: [] })] }, "not-applicable"],
  ["where no session is kept", { sessions: [] }, "not-applicable"],
];

for (const [title, changes, verdict] of cases) {
  it(`says ${verdict} ${title}`, () => {
    const judgement = hardcodedSecret.judge(evidence(changes));
    expect(judgement.verdict).toBe(verdict);
    expect(judgement.summary).not.toBe("");
    if (verdict === "fail") expect(judgement.findings[0]?.fix?.text).toBeTruthy();
    if (verdict === "fail" || verdict === "review")
      expect(judgement.findings.length).toBeGreaterThan(0);
  });
}
