/**
 * The id is checked before anything is looked up with it.
 * @module
 */
import type { Control } from "../control.ts";
import { defineControl } from "../define-control.ts";
import { judgeObservations, NO_SESSIONS, notApplicable } from "../judging.ts";

export const idValidation: Control = defineControl({
  id: "id-validation",
  title: "The id is checked before anything is looked up with it",
  failureTitle: "The session id goes unchecked into a path, a query or a key",
  severity: "medium",
  covers: ["SM-15"],
  threats: ["hijacking", "guessing"],
  effort: "hours",
  verification:
    "Send ids of 0, 1 and 5000 characters, with '../', NUL, a quote, {\"$ne\":1} and j:{}, and the cookie twice: each answer must be a fresh session or 400, never a server error and never a sign-in.",
  judge(evidence) {
    if (evidence.sessions.length === 0) return notApplicable(NO_SESSIONS);
    return judgeObservations(
      evidence,
      "id-validation",
      {
        pass: "Ids are checked before anything is looked up with them.",
        fail: "An id that a visitor makes up goes unchecked into a path, a query or a key.",
        review: "What becomes of the id before it is looked up has to be read by a person.",
      },
      notApplicable(
        "Nothing in the source handles the id by itself, and nothing shows how the library checks it; the running site does.",
      ),
    );
  },
});
