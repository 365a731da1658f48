import { expect, it } from "vitest";
import type { Evidence } from "../../evidence.ts";
import { evidence, observed } from "../testing.ts";
import { sessionApi } from "./session-api.ts";

const cases: readonly (readonly [string, Partial<Evidence>, string])[] = [
  ["where nothing was observed", {}, "pass"],
  [
    "of a cookie that is written by hand",
    { observations: [observed("session-api", "fault")] },
    "fail",
  ],
  ["of a doubt", { observations: [observed("session-api", "doubt")] }, "review"],
  [
    "of files without a session set-up",
    { sessions: [], observations: [observed("session-api", "fault")] },
    "fail",
  ],
  ["of PHP", { framework: "symfony", stack: "symfony" }, "not-applicable"],
];

for (const [title, changes, verdict] of cases) {
  it(`says ${verdict} ${title}`, () => {
    const judgement = sessionApi.judge(evidence(changes));
    expect(judgement.verdict).toBe(verdict);
    expect(judgement.summary).not.toBe("");
    if (verdict === "fail") expect(judgement.findings[0]?.fix?.text).toBeTruthy();
  });
}
