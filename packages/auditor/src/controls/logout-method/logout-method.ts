/**
 * Only a deliberate request signs out.
 * @module
 */
import type { Control } from "../control.ts";
import { defineControl } from "../define-control.ts";
import { judgeObservations, NO_SESSIONS, notApplicable } from "../judging.ts";

export const logoutMethod: Control = defineControl({
  id: "logout-method",
  title: "Only a deliberate request signs out",
  failureTitle: "Any link or image can sign a visitor out",
  severity: "low",
  covers: ["SM-29"],
  threats: ["cross-site-request-forgery"],
  effort: "minutes",
  verification:
    "Open the sign-out address as an image of another site: the visitor must stay signed in.",
  judge(evidence) {
    if (evidence.sessions.length === 0) return notApplicable(NO_SESSIONS);
    return judgeObservations(
      evidence,
      "logout-method",
      {
        pass: "Signing out takes a request that other sites cannot make.",
        fail: "Signing out takes a GET, which any link or image makes.",
        review: "How signing out is asked for has to be looked at by hand.",
      },
      notApplicable("No address that signs out was found."),
    );
  },
});
