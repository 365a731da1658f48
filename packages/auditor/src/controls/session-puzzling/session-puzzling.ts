/**
 * What the session says means one thing.
 * @module
 */
import type { Control } from "../control.ts";
import { defineControl } from "../define-control.ts";
import { judgeObservations, NO_SESSIONS, notApplicable } from "../judging.ts";

export const sessionPuzzling: Control = defineControl({
  id: "session-puzzling",
  title: "What the session says means one thing",
  failureTitle: "A half-finished step passes for a sign-in",
  severity: "high",
  covers: ["SM-51"],
  threats: ["fixation", "hijacking"],
  effort: "hours",
  verification:
    "Without signing in, start recovery, registration and a second factor for another account: after each step a private page must still be refused.",
  judge(evidence) {
    if (evidence.sessions.length === 0) return notApplicable(NO_SESSIONS);
    return judgeObservations(
      evidence,
      "session-puzzling",
      {
        pass: "What the session says means one thing.",
        fail: "A step before the sign-in writes what guards take for the identity.",
        review:
          "Whether a step before the sign-in writes what guards read has to be looked at by hand.",
      },
      {
        verdict: "pass",
        confidence: "medium",
        summary: "No step before the sign-in was found that writes what guards read.",
        findings: [],
      },
    );
  },
});
