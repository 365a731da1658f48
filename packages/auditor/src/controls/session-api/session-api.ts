/**
 * The session's cookie is read and written by the session library alone.
 * @module
 */
import type { Control } from "../control.ts";
import { defineControl } from "../define-control.ts";
import { judgeObservations, notApplicable } from "../judging.ts";

export const sessionApi: Control = defineControl({
  id: "session-api",
  title: "The session cookie is left to the session library",
  failureTitle: "The session cookie is read or written by hand",
  severity: "low",
  covers: ["SM-52"],
  threats: ["fixation", "hijacking"],
  effort: "hours",
  verification:
    "Walk through the site with an empty browser: there must be one session cookie with one set of attributes on every response.",
  judge(evidence) {
    if (evidence.framework !== "node") {
      return notApplicable("In PHP, native-session-functions judges this.");
    }
    return judgeObservations(
      evidence,
      "session-api",
      {
        pass: "The session cookie is left to the session library.",
        fail: "Code of the application reads or writes the session cookie past the session library.",
        review: "Some code may go past the session library.",
      },
      {
        verdict: "pass",
        confidence: "medium",
        summary: "Nothing in the source reads or writes the session cookie by hand.",
        findings: [],
      },
    );
  },
});
