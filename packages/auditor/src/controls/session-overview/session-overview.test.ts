import { expect, it } from "vitest";
import type { Evidence } from "../../evidence.ts";
import { evidence, observed } from "../testing.ts";
import { sessionOverview } from "./session-overview.ts";

const cases: readonly (readonly [string, Partial<Evidence>, string])[] = [
  ["where nothing was observed", {}, "not-applicable"],
  ["of what is right", { observations: [observed("session-overview", "good")] }, "pass"],
  ["of a fault", { observations: [observed("session-overview", "fault")] }, "fail"],
  ["of a doubt", { observations: [observed("session-overview", "doubt")] }, "review"],
  ["where no session is kept", { sessions: [] }, "not-applicable"],
];

for (const [title, changes, verdict] of cases) {
  it(`says ${verdict} ${title}`, () => {
    const judgement = sessionOverview.judge(evidence(changes));
    expect(judgement.verdict).toBe(verdict);
    expect(judgement.summary).not.toBe("");
    if (verdict === "fail") expect(judgement.findings[0]?.fix?.text).toBeTruthy();
    if (verdict === "fail" || verdict === "review")
      expect(judgement.findings.length).toBeGreaterThan(0);
  });
}
