import { expect, it } from "vitest";
import type { Evidence } from "../../evidence.ts";
import { decidedOutside, evidence, session, set } from "../testing.ts";
import { cookieSecure } from "./cookie-secure.ts";

const cases: readonly (readonly [string, Partial<Evidence>, string])[] = [
  ["of Secure always", {}, "pass"],
  [
    "of Secure whenever the request came by https",
    { sessions: [session({}, { secure: set("when-https") })] },
    "pass",
  ],
  ["of no Secure", { sessions: [session({}, { secure: set("never") })] }, "fail"],
  [
    "of a flag that the deployment decides",
    { sessions: [session({}, { secure: decidedOutside() })] },
    "review",
  ],
  [
    "of one cookie among two",
    { sessions: [session(), session({}, { secure: set("never") })] },
    "fail",
  ],
  ["where no session is kept", { sessions: [] }, "not-applicable"],
];

for (const [title, changes, verdict] of cases) {
  it(`says ${verdict} ${title}`, () => {
    const judgement = cookieSecure.judge(evidence(changes));
    expect(judgement.verdict).toBe(verdict);
    expect(judgement.summary).not.toBe("");
    if (verdict === "fail") expect(judgement.findings[0]?.fix?.text).toBeTruthy();
    if (verdict === "fail" || verdict === "review")
      expect(judgement.findings.length).toBeGreaterThan(0);
  });
}
