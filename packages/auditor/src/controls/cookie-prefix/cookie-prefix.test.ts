import { expect, it } from "vitest";
import type { Evidence } from "../../evidence.ts";
import { evidence, session, set } from "../testing.ts";
import { cookiePrefix } from "./cookie-prefix.ts";

const cases: readonly (readonly [string, Partial<Evidence>, string])[] = [
  ["of __Host-", {}, "pass"],
  ["of a plain name", { sessions: [session({}, { name: set("sid") })] }, "fail"],
  ["of __Secure- alone", { sessions: [session({}, { name: set("__Secure-sid") })] }, "fail"],
  [
    "of __Host- with a Domain, which browsers refuse",
    { sessions: [session({}, { domain: set("example.org") })] },
    "fail",
  ],
  [
    "of __Host- without Secure, which browsers refuse",
    { sessions: [session({}, { secure: set("never") })] },
    "fail",
  ],
  [
    "of __Host- with another path, which browsers refuse",
    { sessions: [session({}, { path: set("/app") })] },
    "fail",
  ],
  ["where no session is kept", { sessions: [] }, "not-applicable"],
];

for (const [title, changes, verdict] of cases) {
  it(`says ${verdict} ${title}`, () => {
    const judgement = cookiePrefix.judge(evidence(changes));
    expect(judgement.verdict).toBe(verdict);
    expect(judgement.summary).not.toBe("");
    if (verdict === "fail") expect(judgement.findings[0]?.fix?.text).toBeTruthy();
    if (verdict === "fail" || verdict === "review")
      expect(judgement.findings.length).toBeGreaterThan(0);
  });
}
