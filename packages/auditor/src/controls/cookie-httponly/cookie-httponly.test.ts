import { expect, it } from "vitest";
import type { Evidence } from "../../evidence.ts";
import { decidedOutside, evidence, session, set } from "../testing.ts";
import { cookieHttpOnly } from "./cookie-httponly.ts";

const cases: readonly (readonly [string, Partial<Evidence>, string])[] = [
  ["of HttpOnly", {}, "pass"],
  ["of no HttpOnly", { sessions: [session({}, { httpOnly: set(false) })] }, "fail"],
  [
    "of a flag that the deployment decides",
    { sessions: [session({}, { httpOnly: decidedOutside() })] },
    "review",
  ],
  ["where no session is kept", { sessions: [] }, "not-applicable"],
];

for (const [title, changes, verdict] of cases) {
  it(`says ${verdict} ${title}`, () => {
    const judgement = cookieHttpOnly.judge(evidence(changes));
    expect(judgement.verdict).toBe(verdict);
    expect(judgement.summary).not.toBe("");
    if (verdict === "fail") expect(judgement.findings[0]?.fix?.text).toBeTruthy();
    if (verdict === "fail" || verdict === "review")
      expect(judgement.findings.length).toBeGreaterThan(0);
  });
}
