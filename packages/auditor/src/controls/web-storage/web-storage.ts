/**
 * Scripts keep no session token.
 * @module
 */
import type { Control } from "../control.ts";
import { defineControl } from "../define-control.ts";
import { judgeObservations, NO_SESSIONS, notApplicable } from "../judging.ts";

export const webStorage: Control = defineControl({
  id: "web-storage",
  title: "Scripts keep no session token",
  failureTitle: "Scripts keep a session token in web storage",
  severity: "medium",
  covers: ["SM-54"],
  threats: ["hijacking"],
  effort: "days",
  verification:
    "Sign in with a browser and look through localStorage, sessionStorage and IndexedDB for anything that the server accepts.",
  judge(evidence) {
    if (evidence.sessions.length === 0) return notApplicable(NO_SESSIONS);
    return judgeObservations(
      evidence,
      "web-storage",
      {
        pass: "Scripts keep no session token.",
        fail: "A token is kept where every script of the page can read it.",
        review: "A script may keep a token in web storage.",
      },
      {
        verdict: "pass",
        confidence: "medium",
        summary: "No script of the application keeps a token in web storage.",
        findings: [],
      },
    );
  },
});
