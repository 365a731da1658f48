/**
 * The review in prose, made from evidence and judgements alone: what no evidence carries is not said.
 * @module
 */
import type { Control, Judgement } from "../controls/control.ts";
import type { Evidence } from "../evidence.ts";
import { conclusionOf } from "./analysis/conclusion.ts";
import { gapsOf, recommendationsOf } from "./analysis/recommendations.ts";
import { methodologyOf, objectiveOf, scopeOf } from "./analysis/scope.ts";
import { strategyOf } from "./analysis/strategy.ts";
import { threatsOf } from "./analysis/threats.ts";
import type { Analysis } from "./report.ts";

/** @param files How many files the folder holds. */
export function analyse(
  evidence: Evidence,
  judgements: readonly { readonly control: Control; readonly judgement: Judgement }[],
  files: number,
): Analysis {
  const strategy = strategyOf(evidence, judgements);
  const threats = threatsOf(evidence, judgements);
  const recommendations = recommendationsOf(judgements);
  return {
    objective: objectiveOf(evidence),
    scope: scopeOf(evidence, strategy.map(({ text }) => text).join(" ")),
    methodology: methodologyOf(evidence, judgements, files),
    strategy,
    threats,
    gaps: gapsOf(judgements),
    recommendations,
    conclusion: conclusionOf(evidence, judgements, threats, recommendations),
  };
}
