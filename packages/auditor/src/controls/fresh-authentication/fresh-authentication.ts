/**
 * Who changes a password proves to know the old one.
 * @module
 */
import type { Control } from "../control.ts";
import { defineControl } from "../define-control.ts";
import { judgeObservations, NO_SESSIONS, notApplicable } from "../judging.ts";

export const freshAuthentication: Control = defineControl({
  id: "fresh-authentication",
  title: "Who changes a password proves to know the old one",
  failureTitle: "A password is changed without the old one",
  severity: "high",
  covers: ["SM-38"],
  threats: ["hijacking"],
  effort: "hours",
  verification:
    "Sign in and send the change of the password without the old one: it must be refused.",
  judge(evidence) {
    if (evidence.sessions.length === 0) return notApplicable(NO_SESSIONS);
    return judgeObservations(
      evidence,
      "fresh-authentication",
      {
        pass: "Changing a password takes the old one.",
        fail: "Whoever holds a session changes the password, and keeps the account.",
        review: "What a change of the password asks for has to be looked at by hand.",
      },
      notApplicable("No code that changes a password was found, or not how it is asked for."),
    );
  },
});
