/**
 * The session id is taken from the cookie alone.
 * @module
 */
import type { Control } from "../control.ts";
import { defineControl } from "../define-control.ts";
import { judgeObservations, NO_SESSIONS, notApplicable } from "../judging.ts";

export const idInUrl: Control = defineControl({
  id: "id-in-url",
  title: "The session id is taken from the cookie alone",
  failureTitle: "The session id is taken from a URL, a body or a header",
  severity: "high",
  covers: ["SM-11"],
  threats: ["hijacking", "fixation"],
  effort: "hours",
  verification:
    "Send a live id as query parameter, in the body and in a header, without the cookie: no answer may be signed in.",
  judge(evidence) {
    if (evidence.sessions.length === 0) return notApplicable(NO_SESSIONS);
    return judgeObservations(
      evidence,
      "id-in-url",
      {
        pass: "The session id is taken from the cookie alone.",
        fail: "A session id is taken from where others can put it or read it.",
        review: "Some code may take a session id from outside the cookie.",
      },
      {
        verdict: "pass",
        confidence: "medium",
        summary: "Nothing in the source takes a session id from anywhere but the cookie.",
        findings: [],
      },
    );
  },
});
