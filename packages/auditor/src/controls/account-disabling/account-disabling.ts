/**
 * A disabled account loses its open sessions.
 * @module
 */
import type { Control } from "../control.ts";
import { defineControl } from "../define-control.ts";
import { judgeObservations, NO_SESSIONS, notApplicable } from "../judging.ts";

export const accountDisabling: Control = defineControl({
  id: "account-disabling",
  title: "A disabled account loses its open sessions",
  failureTitle: "A disabled account stays signed in",
  severity: "high",
  covers: ["SM-31"],
  threats: ["hijacking"],
  effort: "hours",
  verification:
    "Sign in, disable the account as an administrator, and send the cookie again: it must be refused.",
  judge(evidence) {
    if (evidence.sessions.length === 0) return notApplicable(NO_SESSIONS);
    return judgeObservations(
      evidence,
      "account-disabling",
      {
        pass: "A disabled account loses its open sessions.",
        fail: "Whether an account is disabled is asked at the sign-in only, so open sessions go on.",
        review: "Whether a disabled account loses its open sessions has to be looked at by hand.",
      },
      notApplicable("No code that disables accounts was found."),
    );
  },
});
