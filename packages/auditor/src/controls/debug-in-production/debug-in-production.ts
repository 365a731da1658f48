/**
 * Debugging is off in production.
 * @module
 */
import type { Control } from "../control.ts";
import { defineControl } from "../define-control.ts";
import { judgeObservations, NO_SESSIONS, notApplicable } from "../judging.ts";

export const debugInProduction: Control = defineControl({
  id: "debug-in-production",
  title: "Debugging is off in production",
  failureTitle: "Debugging is on in production",
  severity: "high",
  covers: ["SM-56"],
  threats: ["hijacking", "undetected-abuse"],
  effort: "minutes",
  verification:
    "Request the debugger's and profiler's paths on the running site: each must be 404; an error page must show no code.",
  judge(evidence) {
    if (evidence.sessions.length === 0) return notApplicable(NO_SESSIONS);
    return judgeObservations(
      evidence,
      "debug-in-production",
      {
        pass: "Debugging is off in production.",
        fail: "Debugging is on in production: error pages and profilers show cookies and sessions.",
        review: "Whether debugging is off in production has to be looked at by hand.",
      },
      {
        verdict: "pass",
        confidence: "medium",
        summary: "Nothing in the source switches debugging on for production.",
        findings: [],
      },
    );
  },
});
