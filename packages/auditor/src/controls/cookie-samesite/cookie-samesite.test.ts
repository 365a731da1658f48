import { expect, it } from "vitest";
import type { Evidence } from "../../evidence.ts";
import { evidence, session, set } from "../testing.ts";
import { cookieSameSite } from "./cookie-samesite.ts";

const cases: readonly (readonly [string, Partial<Evidence>, string])[] = [
  ["of Lax", {}, "pass"],
  ["of Strict", { sessions: [session({}, { sameSite: set("strict") })] }, "pass"],
  ["of None", { sessions: [session({}, { sameSite: set("none") })] }, "fail"],
  ["of no attribute", { sessions: [session({}, { sameSite: set("unset") })] }, "fail"],
  ["where no session is kept", { sessions: [] }, "not-applicable"],
];

for (const [title, changes, verdict] of cases) {
  it(`says ${verdict} ${title}`, () => {
    const judgement = cookieSameSite.judge(evidence(changes));
    expect(judgement.verdict).toBe(verdict);
    expect(judgement.summary).not.toBe("");
    if (verdict === "fail") expect(judgement.findings[0]?.fix?.text).toBeTruthy();
    if (verdict === "fail" || verdict === "review")
      expect(judgement.findings.length).toBeGreaterThan(0);
  });
}
