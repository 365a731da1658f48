import { expect, it } from "vitest";
import type { Evidence } from "../../evidence.ts";
import { evidence, session, set } from "../testing.ts";
import { storageHandler } from "./storage-handler.ts";

const cases: readonly (readonly [string, Partial<Evidence>, string])[] = [
  ["of Redis", {}, "pass"],
  ["of a database", { sessions: [session({ storage: set("database") })] }, "pass"],
  ["of files", { sessions: [session({ storage: set("files") })] }, "fail"],
  ["of memory", { sessions: [session({ storage: set("memory") })] }, "fail"],
  ["of an own handler", { sessions: [session({ storage: set("custom") })] }, "review"],
  [
    "of a cookie that carries the contents",
    { sessions: [session({ isStateless: true, storage: set("cookie") })] },
    "not-applicable",
  ],
  ["where no session is kept", { sessions: [] }, "not-applicable"],
];

for (const [title, changes, verdict] of cases) {
  it(`says ${verdict} ${title}`, () => {
    const judgement = storageHandler.judge(evidence(changes));
    expect(judgement.verdict).toBe(verdict);
    expect(judgement.summary).not.toBe("");
    if (verdict === "fail") expect(judgement.findings[0]?.fix?.text).toBeTruthy();
    if (verdict === "fail" || verdict === "review")
      expect(judgement.findings.length).toBeGreaterThan(0);
  });
}
