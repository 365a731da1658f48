/**
 * Private pages are kept out of shared caches.
 * @module
 */
import type { Control } from "../control.ts";
import { defineControl } from "../define-control.ts";
import { judgeObservations, NO_SESSIONS, notApplicable } from "../judging.ts";

export const sessionCaching: Control = defineControl({
  id: "session-caching",
  title: "Private pages are kept out of shared caches",
  failureTitle: "Private pages may be kept in shared caches",
  severity: "medium",
  covers: ["SM-53"],
  threats: ["hijacking"],
  effort: "minutes",
  verification:
    "Request a private page and read Cache-Control: no-store or private; request it again through the cache without a cookie.",
  judge(evidence) {
    if (evidence.sessions.length === 0) return notApplicable(NO_SESSIONS);
    return judgeObservations(
      evidence,
      "session-caching",
      {
        pass: "Private pages are kept out of shared caches.",
        fail: "Pages that use the session are marked as public.",
        review: "Some pages that use the session may be marked as public.",
      },
      {
        verdict: "pass",
        confidence: "medium",
        summary: "Nothing in the source marks private pages as public.",
        findings: [],
      },
    );
  },
});
