/**
 * Session libraries are maintained versions.
 * @module
 */
import type { Control } from "../control.ts";
import { defineControl } from "../define-control.ts";
import { judgeObservations, NO_SESSIONS, notApplicable } from "../judging.ts";

export const supportedVersion: Control = defineControl({
  id: "supported-version",
  title: "Session libraries are maintained versions",
  failureTitle: "A session library is an outdated version",
  severity: "low",
  covers: ["SM-60"],
  threats: ["undetected-abuse"],
  effort: "hours",
  verification: "Compare the lock file with the maintained versions of each library.",
  judge(evidence) {
    if (evidence.sessions.length === 0) return notApplicable(NO_SESSIONS);
    return judgeObservations(
      evidence,
      "supported-version",
      {
        pass: "Session libraries are maintained versions.",
        fail: "A session library is too old.",
        review: "A session library may be too old.",
      },
      {
        verdict: "pass",
        confidence: "medium",
        summary: "No version with a known weakness in sessions was found.",
        findings: [],
      },
    );
  },
});
