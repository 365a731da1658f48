import { expect, it } from "vitest";
import type { Evidence } from "../../evidence.ts";
import { evidence, observed } from "../testing.ts";
import { websocketSessions } from "./websocket-sessions.ts";

const cases: readonly (readonly [string, Partial<Evidence>, string])[] = [
  ["where nothing was observed", {}, "not-applicable"],
  ["of what is right", { observations: [observed("websocket-sessions", "good")] }, "pass"],
  ["of a fault", { observations: [observed("websocket-sessions", "fault")] }, "fail"],
  ["of a doubt", { observations: [observed("websocket-sessions", "doubt")] }, "review"],
  ["where no session is kept", { sessions: [] }, "not-applicable"],
];

for (const [title, changes, verdict] of cases) {
  it(`says ${verdict} ${title}`, () => {
    const judgement = websocketSessions.judge(evidence(changes));
    expect(judgement.verdict).toBe(verdict);
    expect(judgement.summary).not.toBe("");
    if (verdict === "fail") expect(judgement.findings[0]?.fix?.text).toBeTruthy();
    if (verdict === "fail" || verdict === "review")
      expect(judgement.findings.length).toBeGreaterThan(0);
  });
}
