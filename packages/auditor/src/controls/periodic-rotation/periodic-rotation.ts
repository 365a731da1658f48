/**
 * A long session changes its id from time to time.
 * @module
 */
import type { Control } from "../control.ts";
import { defineControl } from "../define-control.ts";
import { judgeObservations, NO_SESSIONS, notApplicable } from "../judging.ts";

const SUMMARIES = {
  pass: "A long session changes its id from time to time.",
  fail: "A copied cookie is good for as long as the session lives.",
  review: "Whether the id changes from time to time has to be looked at by hand.",
};

export const periodicRotation: Control = defineControl({
  id: "periodic-rotation",
  title: "A long session changes its id from time to time",
  failureTitle: "A session keeps one id for as long as it lives",
  severity: "low",
  covers: ["SM-22"],
  threats: ["hijacking"],
  effort: "hours",
  verification:
    "Use a session for longer than the interval: a new cookie must come, and the old one must be refused after its grace.",
  judge(evidence) {
    if (evidence.sessions.length === 0) return notApplicable(NO_SESSIONS);
    const server = evidence.sessions.find(({ isStateless }) => !isStateless);
    if (server === undefined)
      return notApplicable("The cookie carries the contents and is written anew with them.");
    return judgeObservations(evidence, "periodic-rotation", SUMMARIES, {
      verdict: "fail",
      confidence: "medium",
      summary: SUMMARIES.fail,
      findings: [
        {
          place: server.place,
          value: "never",
          origin: { kind: "default", of: server.library, place: server.place },
          message: "Nothing changes the id of a session between sign-in and sign-out.",
          fix: {
            text: "Keep the time of the last change in the session, change the id when it is 15 minutes old, and let the old id live for a few seconds for requests under way.",
          },
        },
      ],
    });
  },
});
