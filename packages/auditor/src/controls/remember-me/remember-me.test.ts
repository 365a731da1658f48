import { expect, it } from "vitest";
import type { Evidence } from "../../evidence.ts";
import { evidence, remembered } from "../testing.ts";
import { rememberMe } from "./remember-me.ts";

const cases: readonly (readonly [string, Partial<Evidence>, string])[] = [
  ["of a random token", {}, "pass"],
  ["of a signed token", { rememberMe: remembered({ scheme: "signed" }) }, "pass"],
  ["of a plain name", { rememberMe: remembered({ scheme: "plain" }) }, "fail"],
  ["of a password", { rememberMe: remembered({ scheme: "password" }) }, "fail"],
  ["of a token that never ends", { rememberMe: remembered({ expires: false }) }, "fail"],
  ["of what cannot be followed", { rememberMe: remembered({ scheme: "unknown" }) }, "review"],
  ["where nobody is remembered", { rememberMe: undefined }, "not-applicable"],
];

for (const [title, changes, verdict] of cases) {
  it(`says ${verdict} ${title}`, () => {
    const judgement = rememberMe.judge(evidence(changes));
    expect(judgement.verdict).toBe(verdict);
    expect(judgement.summary).not.toBe("");
    if (verdict === "fail") expect(judgement.findings[0]?.fix?.text).toBeTruthy();
    if (verdict === "fail" || verdict === "review")
      expect(judgement.findings.length).toBeGreaterThan(0);
  });
}
