/**
 * Who reads the store cannot use what is in it.
 * @module
 */
import type { Control } from "../control.ts";
import { defineControl } from "../define-control.ts";
import { judgeObservations, NO_SESSIONS, notApplicable } from "../judging.ts";

export const idsAtRest: Control = defineControl({
  id: "ids-at-rest",
  title: "Who reads the store cannot use what is in it",
  failureTitle: "The store holds ids as the cookie carries them",
  severity: "medium",
  covers: ["SM-16"],
  threats: ["theft-from-the-store"],
  effort: "days",
  verification:
    "Sign in, list the keys of the store, and compare: none may equal the cookie, and a cookie made of a key must not open the session.",
  judge(evidence) {
    if (evidence.sessions.length === 0) return notApplicable(NO_SESSIONS);
    return judgeObservations(
      evidence,
      "ids-at-rest",
      {
        pass: "Who reads the store cannot make a cookie of what is in it.",
        fail: "Who reads the store, a backup or a replica of it, is signed in as everybody who is.",
        review: "Whether the store holds usable ids has to be looked at by hand.",
      },
      notApplicable("The source does not show under which name the store keeps a session."),
    );
  },
});
