import { expect, it } from "vitest";
import type { Evidence } from "../../evidence.ts";
import { evidence, session, set } from "../testing.ts";
import { cookieLifetime } from "./cookie-lifetime.ts";

const cases: readonly (readonly [string, Partial<Evidence>, string])[] = [
  ["of a cookie that ends with the browser", {}, "pass"],
  ["of thirty days", { sessions: [session({}, { lifetimeSeconds: set(30 * 86_400) })] }, "pass"],
  [
    "of thirty-one days",
    { sessions: [session({}, { lifetimeSeconds: set(31 * 86_400) })] },
    "fail",
  ],
  ["where no session is kept", { sessions: [] }, "not-applicable"],
];

for (const [title, changes, verdict] of cases) {
  it(`says ${verdict} ${title}`, () => {
    const judgement = cookieLifetime.judge(evidence(changes));
    expect(judgement.verdict).toBe(verdict);
    expect(judgement.summary).not.toBe("");
    if (verdict === "fail") expect(judgement.findings[0]?.fix?.text).toBeTruthy();
    if (verdict === "fail" || verdict === "review")
      expect(judgement.findings.length).toBeGreaterThan(0);
  });
}
