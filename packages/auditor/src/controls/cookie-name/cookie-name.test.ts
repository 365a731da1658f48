import { expect, it } from "vitest";
import type { Evidence } from "../../evidence.ts";
import { evidence, session, set } from "../testing.ts";
import { cookieName } from "./cookie-name.ts";

const cases: readonly (readonly [string, Partial<Evidence>, string])[] = [
  ["of a name of its own", {}, "pass"],
  ["of the default name", { sessions: [session({}, { name: set("connect.sid") })] }, "fail"],
  ["where no session is kept", { sessions: [] }, "not-applicable"],
];

for (const [title, changes, verdict] of cases) {
  it(`says ${verdict} ${title}`, () => {
    const judgement = cookieName.judge(evidence(changes));
    expect(judgement.verdict).toBe(verdict);
    expect(judgement.summary).not.toBe("");
    if (verdict === "fail") expect(judgement.findings[0]?.fix?.text).toBeTruthy();
    if (verdict === "fail" || verdict === "review")
      expect(judgement.findings.length).toBeGreaterThan(0);
  });
}
