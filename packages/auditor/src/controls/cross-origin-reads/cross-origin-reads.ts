/**
 * Other origins read nothing with the visitor's cookie.
 * @module
 */
import type { Control } from "../control.ts";
import { defineControl } from "../define-control.ts";
import { judgeObservations, NO_SESSIONS, notApplicable } from "../judging.ts";

export const crossOriginReads: Control = defineControl({
  id: "cross-origin-reads",
  title: "Other origins read nothing with the visitor's cookie",
  failureTitle: "Any origin can read answers with the visitor's cookie",
  severity: "high",
  covers: ["SM-44"],
  threats: ["cross-site-request-forgery", "hijacking"],
  effort: "minutes",
  verification:
    "Send a request with an Origin of your own: Access-Control-Allow-Origin must not repeat it beside Access-Control-Allow-Credentials.",
  judge(evidence) {
    if (evidence.sessions.length === 0) return notApplicable(NO_SESSIONS);
    return judgeObservations(
      evidence,
      "cross-origin-reads",
      {
        pass: "Only listed origins read answers with credentials.",
        fail: "Any origin that asks may read answers with credentials.",
        review: "Which origins may read answers has to be looked at by hand.",
      },
      {
        verdict: "pass",
        confidence: "medium",
        summary: "Nothing in the source lets other origins read answers with credentials.",
        findings: [],
      },
    );
  },
});
