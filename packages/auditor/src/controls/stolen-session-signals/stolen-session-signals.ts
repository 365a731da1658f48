/**
 * A session that turns up elsewhere is noticed.
 * @module
 */
import type { Control } from "../control.ts";
import { defineControl } from "../define-control.ts";
import { judgeObservations, NO_SESSIONS, notApplicable } from "../judging.ts";

export const stolenSessionSignals: Control = defineControl({
  id: "stolen-session-signals",
  title: "A session that turns up elsewhere is noticed",
  failureTitle: "Whoever changes networks is signed out",
  severity: "low",
  covers: ["SM-57"],
  threats: ["undetected-abuse", "hijacking"],
  effort: "days",
  verification:
    "Use a copied cookie with another browser: an event must be recorded and sensitive steps must ask for the password. The same browser from another address must go on.",
  judge(evidence) {
    if (evidence.sessions.length === 0) return notApplicable(NO_SESSIONS);
    return judgeObservations(
      evidence,
      "stolen-session-signals",
      {
        pass: "A session that turns up elsewhere is noticed.",
        fail: "An address that changes, as telephones do all day, ends the session; a thief in the same network is not noticed.",
        review: "What happens to a session that turns up elsewhere has to be looked at by hand.",
      },
      notApplicable(
        "Nothing in the source watches where a session is used. ASVS asks for it at level 3.",
      ),
    );
  },
});
