/**
 * Session contents decode to plain values.
 * @module
 */
import type { Control } from "../control.ts";
import { defineControl } from "../define-control.ts";
import { judgeObservations, NO_SESSIONS, notApplicable } from "../judging.ts";

export const deserialization: Control = defineControl({
  id: "deserialization",
  title: "Session contents decode to plain values",
  failureTitle: "Session contents can become code or pollute objects",
  severity: "medium",
  covers: ["SM-48"],
  threats: ["theft-from-the-store"],
  effort: "hours",
  verification:
    'Send {"__proto__":{"isAdmin":true}} to whatever is merged into the session: no session may have it.',
  judge(evidence) {
    if (evidence.sessions.length === 0) return notApplicable(NO_SESSIONS);
    return judgeObservations(
      evidence,
      "deserialization",
      {
        pass: "Session contents decode to plain values.",
        fail: "Input is merged into the session, or contents are decoded unsafely.",
        review: "Some code may merge input into the session.",
      },
      {
        verdict: "pass",
        confidence: "medium",
        summary: "Nothing in the source merges input into the session or decodes it unsafely.",
        findings: [],
      },
    );
  },
});
