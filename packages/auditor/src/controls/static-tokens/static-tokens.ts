/**
 * No fixed token stands in for a session.
 * @module
 */
import type { Control } from "../control.ts";
import { defineControl } from "../define-control.ts";
import { judgeObservations, NO_SESSIONS, notApplicable } from "../judging.ts";

export const staticTokens: Control = defineControl({
  id: "static-tokens",
  title: "No fixed token stands in for a session",
  failureTitle: "A fixed token stands in for a session",
  severity: "high",
  covers: ["SM-16"],
  threats: ["hijacking", "theft-from-the-store"],
  effort: "days",
  verification:
    "Use the token from another place, a year later, and after the person has signed out everywhere: it must be refused.",
  judge(evidence) {
    if (evidence.sessions.length === 0) return notApplicable(NO_SESSIONS);
    return judgeObservations(
      evidence,
      "static-tokens",
      {
        pass: "Tokens are issued for each session.",
        fail: "A token that never changes opens the application to whoever has seen it once.",
        review: "Whether this token is issued for each session has to be looked at by hand.",
      },
      notApplicable("Nothing in the source takes a fixed token in the place of a session."),
    );
  },
});
