/**
 * GET changes nothing.
 * @module
 */
import type { Control } from "../control.ts";
import { defineControl } from "../define-control.ts";
import { judgeObservations, NO_SESSIONS, notApplicable } from "../judging.ts";

export const safeMethods: Control = defineControl({
  id: "safe-methods",
  title: "GET changes nothing",
  failureTitle: "A link is enough to change something",
  severity: "medium",
  covers: ["SM-43"],
  threats: ["cross-site-request-forgery"],
  effort: "hours",
  verification:
    "Follow each link of the application as a robot would, signed in: nothing may change.",
  judge(evidence) {
    if (evidence.sessions.length === 0) return notApplicable(NO_SESSIONS);
    return judgeObservations(
      evidence,
      "safe-methods",
      {
        pass: "GET changes nothing.",
        fail: "A GET changes something: a link, an image or a robot is enough, and SameSite=Lax sends the cookie along.",
        review: "Whether a GET changes something has to be looked at by hand.",
      },
      {
        verdict: "pass",
        confidence: "medium",
        summary: "No GET that changes something was found.",
        findings: [],
      },
    );
  },
});
