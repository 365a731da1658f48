/**
 * Runs a control on cases that differ from a sound application in one thing each.
 * @module
 */
import { expect, it } from "vitest";
import type { Evidence } from "../evidence.ts";
import type { Control, Verdict } from "./control.ts";
import { evidence } from "./testing.ts";

/** What is special, what changes in the evidence for it, and the verdict. */
export type JudgedCase = readonly [title: string, changes: Partial<Evidence>, verdict: Verdict];

/** Whatever fails has a place and a fix; whatever is judged has a summary. */
export function testJudgements(control: Control, cases: readonly JudgedCase[]): void {
  for (const [title, changes, verdict] of cases) {
    it(`says ${verdict} ${title}`, () => {
      const judgement = control.judge(evidence(changes));
      expect(judgement.verdict).toBe(verdict);
      expect(judgement.summary).not.toBe("");
      if (verdict === "fail") expect(judgement.findings[0]?.fix?.text).toBeTruthy();
      if (verdict === "fail" || verdict === "review")
        expect(judgement.findings.length).toBeGreaterThan(0);
    });
  }
}
