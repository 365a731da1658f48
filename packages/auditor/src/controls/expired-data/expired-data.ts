/**
 * Expired sessions leave the store.
 * @module
 */
import type { Control } from "../control.ts";
import { defineControl } from "../define-control.ts";
import { judgeObservations, NO_SESSIONS, notApplicable } from "../judging.ts";

export const expiredData: Control = defineControl({
  id: "expired-data",
  title: "Expired sessions leave the store",
  failureTitle: "Expired sessions stay in the store",
  severity: "low",
  covers: ["SM-26"],
  threats: ["theft-from-the-store"],
  effort: "minutes",
  verification:
    "Create a hundred short sessions, wait for their end and the clean-up, and count the records: none may be left.",
  judge(evidence) {
    if (evidence.sessions.length === 0) return notApplicable(NO_SESSIONS);
    return judgeObservations(
      evidence,
      "expired-data",
      {
        pass: "Expired sessions leave the store within a bounded time.",
        fail: "Sessions that ended long ago lie in the store with all that they held.",
        review: "What removes expired sessions has to be looked at by hand.",
      },
      notApplicable("The source does not show what removes expired sessions from the store."),
    );
  },
});
