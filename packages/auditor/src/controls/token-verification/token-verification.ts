/**
 * Tokens that say who somebody is are verified in full.
 * @module
 */
import type { Control } from "../control.ts";
import { defineControl } from "../define-control.ts";
import { judgeObservations, NO_SESSIONS, notApplicable } from "../judging.ts";

export const tokenVerification: Control = defineControl({
  id: "token-verification",
  title: "Tokens that say who somebody is are verified in full",
  failureTitle: "A token is believed without being verified",
  severity: "critical",
  covers: ["SM-17"],
  threats: ["guessing", "hijacking"],
  effort: "hours",
  verification:
    "Send a token with alg none, with another key, and past its end: each must be refused.",
  judge(evidence) {
    if (evidence.sessions.length === 0) return notApplicable(NO_SESSIONS);
    return judgeObservations(
      evidence,
      "token-verification",
      {
        pass: "Tokens are verified in full.",
        fail: "A token is decoded and not verified, or verified with whatever algorithm it names itself.",
        review: "How tokens are verified has to be looked at by hand.",
      },
      notApplicable("No token beside the session was found that says who somebody is."),
    );
  },
});
