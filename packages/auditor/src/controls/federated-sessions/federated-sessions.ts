/**
 * Sign-in by a provider is checked, and its session ends as documented.
 * @module
 */
import type { Control } from "../control.ts";
import { defineControl } from "../define-control.ts";
import { judgeObservations, NO_SESSIONS, notApplicable } from "../judging.ts";

export const federatedSessions: Control = defineControl({
  id: "federated-sessions",
  title: "Sign-in by a provider is checked, and its session ends as documented",
  failureTitle: "Sign-in by a provider is not bound to the browser that asked",
  severity: "medium",
  covers: ["SM-39"],
  threats: ["fixation", "replay-after-sign-out"],
  effort: "hours",
  verification:
    "Begin a sign-in in one browser and finish it in another: it must be refused. Sign out at the provider: the session here must end as documented.",
  judge(evidence) {
    if (evidence.sessions.length === 0) return notApplicable(NO_SESSIONS);
    return judgeObservations(
      evidence,
      "federated-sessions",
      {
        pass: "Sign-in by a provider is bound to the browser that asked for it.",
        fail: "Somebody can finish his own sign-in in the browser of another, who then works in his account.",
        review: "How sign-in by a provider is checked has to be looked at by hand.",
      },
      notApplicable("Nobody signs in by another provider here."),
    );
  },
});
