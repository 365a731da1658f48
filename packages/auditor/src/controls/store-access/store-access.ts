/**
 * The session store asks who is there.
 * @module
 */
import type { Control } from "../control.ts";
import { defineControl } from "../define-control.ts";
import { judgeObservations, NO_SESSIONS, notApplicable } from "../judging.ts";

export const storeAccess: Control = defineControl({
  id: "store-access",
  title: "The session store asks who is there",
  failureTitle: "The session store is open to whoever reaches it",
  severity: "medium",
  covers: ["SM-46"],
  threats: ["theft-from-the-store"],
  effort: "hours",
  verification:
    "Connect to the store from the application's network without a password and without TLS: both must be refused.",
  judge(evidence) {
    if (evidence.sessions.length === 0) return notApplicable(NO_SESSIONS);
    return judgeObservations(
      evidence,
      "store-access",
      {
        pass: "The session store asks for credentials.",
        fail: "The session store is reached without credentials or TLS.",
        review: "How the session store is reached has to be looked at by hand.",
      },
      notApplicable("Nothing in the source says how the store is reached."),
    );
  },
});
