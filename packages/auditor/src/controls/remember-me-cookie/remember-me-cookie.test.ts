import { expect, it } from "vitest";
import type { Evidence } from "../../evidence.ts";
import { decidedOutside, evidence, remembered, set } from "../testing.ts";
import { rememberMeCookie } from "./remember-me-cookie.ts";

const cases: readonly (readonly [string, Partial<Evidence>, string])[] = [
  ["of both flags", {}, "pass"],
  ["of no Secure", { rememberMe: remembered({ secure: set("never") }) }, "fail"],
  ["of no HttpOnly", { rememberMe: remembered({ httpOnly: set(false) }) }, "fail"],
  [
    "of a flag that the deployment decides",
    { rememberMe: remembered({ secure: decidedOutside() }) },
    "review",
  ],
  ["where nobody is remembered", { rememberMe: undefined }, "not-applicable"],
];

for (const [title, changes, verdict] of cases) {
  it(`says ${verdict} ${title}`, () => {
    const judgement = rememberMeCookie.judge(evidence(changes));
    expect(judgement.verdict).toBe(verdict);
    expect(judgement.summary).not.toBe("");
    if (verdict === "fail") expect(judgement.findings[0]?.fix?.text).toBeTruthy();
    if (verdict === "fail" || verdict === "review")
      expect(judgement.findings.length).toBeGreaterThan(0);
  });
}
