/**
 * Visitors get a session when there is something to keep.
 * @module
 */
import type { Control } from "../control.ts";
import { defineControl } from "../define-control.ts";
import { judgeObservations, NO_SESSIONS, notApplicable } from "../judging.ts";

export const eagerSessions: Control = defineControl({
  id: "eager-sessions",
  title: "Visitors get a session when there is something to keep",
  failureTitle: "Every visitor gets a session",
  severity: "low",
  covers: ["SM-40"],
  threats: ["undetected-abuse", "fixation"],
  effort: "minutes",
  verification: "Request a public page with an empty browser: no session cookie may be set.",
  judge(evidence) {
    if (evidence.sessions.length === 0) return notApplicable(NO_SESSIONS);
    return judgeObservations(
      evidence,
      "eager-sessions",
      {
        pass: "Visitors get a session when there is something to keep.",
        fail: "Every visitor, and every robot, gets a session that fills the store and a cookie that is known before the sign-in.",
        review: "When visitors get a session has to be looked at by hand.",
      },
      {
        verdict: "pass",
        confidence: "medium",
        summary: "Nothing in the source starts a session for every visitor.",
        findings: [],
      },
    );
  },
});
