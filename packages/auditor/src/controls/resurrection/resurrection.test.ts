import { expect, it } from "vitest";
import type { Evidence } from "../../evidence.ts";
import { evidence, session, set } from "../testing.ts";
import { resurrection } from "./resurrection.ts";

const cases: readonly (readonly [string, Partial<Evidence>, string])[] = [
  ["of express-session", {}, "fail"],
  [
    "of Symfony in files",
    { framework: "symfony", stack: "symfony", sessions: [session({ storage: set("files") })] },
    "pass",
  ],
  [
    "of Symfony in Redis, which does not lock",
    { framework: "symfony", stack: "symfony", sessions: [session({ storage: set("redis") })] },
    "review",
  ],
  ["of Holdfast", { stack: "holdfast" }, "pass"],
  [
    "of a cookie that carries the contents",
    { sessions: [session({ isStateless: true })] },
    "not-applicable",
  ],
  ["where no session is kept", { sessions: [] }, "not-applicable"],
];

for (const [title, changes, verdict] of cases) {
  it(`says ${verdict} ${title}`, () => {
    const judgement = resurrection.judge(evidence(changes));
    expect(judgement.verdict).toBe(verdict);
    expect(judgement.summary).not.toBe("");
    if (verdict === "fail") expect(judgement.findings[0]?.fix?.text).toBeTruthy();
    if (verdict === "fail" || verdict === "review")
      expect(judgement.findings.length).toBeGreaterThan(0);
  });
}
