/**
 * The session holds little.
 * @module
 */
import type { Control } from "../control.ts";
import { defineControl } from "../define-control.ts";
import { judgeObservations, NO_SESSIONS, notApplicable } from "../judging.ts";

export const sessionData: Control = defineControl({
  id: "session-data",
  title: "The session holds little",
  failureTitle: "The session holds what does not belong there",
  severity: "medium",
  covers: ["SM-50"],
  threats: ["theft-from-the-store"],
  effort: "hours",
  verification:
    "Sign in and read your own session record in the store: no password, no hash, no token of another service, no whole user record.",
  judge(evidence) {
    if (evidence.sessions.length === 0) return notApplicable(NO_SESSIONS);
    return judgeObservations(
      evidence,
      "session-data",
      {
        pass: "The session holds little.",
        fail: "Passwords, whole records or request bodies are written into the session.",
        review: "Some code may write more into the session than belongs there.",
      },
      {
        verdict: "pass",
        confidence: "medium",
        summary:
          "Nothing in the source writes passwords, whole records or request bodies into the session.",
        findings: [],
      },
    );
  },
});
