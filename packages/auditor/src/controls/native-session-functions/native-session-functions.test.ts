import { expect, it } from "vitest";
import type { Evidence } from "../../evidence.ts";
import { evidence, observed } from "../testing.ts";
import { nativeSessionFunctions } from "./native-session-functions.ts";

const cases: readonly (readonly [string, Partial<Evidence>, string])[] = [
  ["where none is used", { framework: "phalcon", stack: "phalcon" }, "pass"],
  [
    "where one is used",
    {
      framework: "phalcon",
      stack: "phalcon",
      observations: [observed("native-session-functions", "fault")],
    },
    "fail",
  ],
  [
    "where one may be used",
    {
      framework: "symfony",
      stack: "symfony",
      observations: [observed("native-session-functions", "doubt")],
    },
    "review",
  ],
  ["without PHP", {}, "not-applicable"],
  [
    "of an application of PHP without sessions",
    { framework: "phalcon", stack: "phalcon", sessions: [] },
    "pass",
  ],
];

for (const [title, changes, verdict] of cases) {
  it(`says ${verdict} ${title}`, () => {
    const judgement = nativeSessionFunctions.judge(evidence(changes));
    expect(judgement.verdict).toBe(verdict);
    expect(judgement.summary).not.toBe("");
    if (verdict === "fail") expect(judgement.findings[0]?.fix?.text).toBeTruthy();
    if (verdict === "fail" || verdict === "review")
      expect(judgement.findings.length).toBeGreaterThan(0);
  });
}
