/**
 * Requests that a check of tokens lets through because they are GETs, and that change something all the same.
 * @module
 */
import type { CsrfEvidence, Observation } from "../../../evidence.ts";

export function withOpenGets(
  csrf: CsrfEvidence | undefined,
  observations: readonly Observation[],
): CsrfEvidence | undefined {
  if (csrf === undefined || csrf.cover === "none" || csrf.cover === "unknown") return csrf;
  const open = observations
    .filter(({ topic, kind }) => topic === "safe-methods" && kind === "fault")
    .map(({ place, what }) => ({
      place,
      what: `${what.replace(/\.$/, "")}, and no GET is checked.`,
    }));
  if (open.length === 0) return csrf;
  return { ...csrf, cover: "partial", gaps: [...csrf.gaps, ...open].slice(0, 10) };
}
