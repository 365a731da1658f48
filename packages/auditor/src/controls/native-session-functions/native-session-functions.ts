/**
 * PHP's own session functions are not used beside the framework's.
 * @module
 */
import type { Control } from "../control.ts";
import { defineControl } from "../define-control.ts";
import { judgeObservations, notApplicable } from "../judging.ts";

export const nativeSessionFunctions: Control = defineControl({
  id: "native-session-functions",
  title: "Sessions are used through the framework alone",
  failureTitle: "PHP's session functions are used beside the framework's",
  severity: "low",
  covers: ["SM-52"],
  threats: ["fixation", "hijacking"],
  effort: "hours",
  verification:
    "Walk through the site with an empty browser: there must be one session cookie with one set of attributes on every response.",
  judge(evidence) {
    if (evidence.framework === "node") return notApplicable("These are functions of PHP.");
    return judgeObservations(
      evidence,
      "native-session-functions",
      {
        pass: "No code of the application uses $_SESSION, session_start() or session_id(). (ini_set of session directives is what Phalcon needs, and no fault.)",
        fail: "Code of the application goes past the framework's session service.",
        review: "Some code may go past the framework's session service.",
      },
      {
        verdict: "pass",
        confidence: "high",
        summary: "No code of the application uses $_SESSION, session_start() or session_id().",
        findings: [],
      },
    );
  },
});
