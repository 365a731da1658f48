/**
 * People see their sessions and end them.
 * @module
 */
import type { Control } from "../control.ts";
import { defineControl } from "../define-control.ts";
import { judgeObservations, NO_SESSIONS, notApplicable } from "../judging.ts";

export const sessionOverview: Control = defineControl({
  id: "session-overview",
  title: "People see their sessions and end them",
  failureTitle: "Nobody can see or end the sessions of an account",
  severity: "low",
  covers: ["SM-34", "SM-35"],
  threats: ["undetected-abuse", "hijacking"],
  effort: "days",
  verification:
    "Sign in with two browsers: each must be listed with its last use, and ending one must sign that browser out.",
  judge(evidence) {
    if (evidence.sessions.length === 0) return notApplicable(NO_SESSIONS);
    return judgeObservations(
      evidence,
      "session-overview",
      {
        pass: "People see their sessions and end them.",
        fail: "Sessions are listed, and not ended, or not those of the account alone.",
        review: "Whether people see and end their sessions has to be looked at by hand.",
      },
      notApplicable(
        "No list of sessions was found. Without one nobody notices a session in the wrong hands, and nobody can end it but by changing the password, where that ends sessions.",
      ),
    );
  },
});
