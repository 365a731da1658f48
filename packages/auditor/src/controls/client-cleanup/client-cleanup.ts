/**
 * Signing out cleans up in the browser.
 * @module
 */
import type { Control } from "../control.ts";
import { defineControl } from "../define-control.ts";
import { judgeObservations, NO_SESSIONS, notApplicable } from "../judging.ts";

export const clientCleanup: Control = defineControl({
  id: "client-cleanup",
  title: "Signing out cleans up in the browser",
  failureTitle: "Signing out leaves the cookie in the browser",
  severity: "low",
  covers: ["SM-28"],
  threats: ["replay-after-sign-out"],
  effort: "minutes",
  verification:
    'Sign out and read the response: Set-Cookie must remove the session cookie, with the same path and domain, or Clear-Site-Data must say "cookies".',
  judge(evidence) {
    if (evidence.sessions.length === 0) return notApplicable(NO_SESSIONS);
    return judgeObservations(
      evidence,
      "client-cleanup",
      {
        pass: "Signing out removes the cookie or has the browser clear up.",
        fail: "Signing out leaves the session cookie in the browser.",
        review: "What signing out leaves in the browser has to be looked at by hand.",
      },
      notApplicable("What signing out leaves in the browser was not found."),
    );
  },
});
