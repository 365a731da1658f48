/**
 * Forwarded headers are believed from known proxies only.
 * @module
 */
import type { Control } from "../control.ts";
import { defineControl } from "../define-control.ts";
import { judgeObservations, NO_SESSIONS, notApplicable } from "../judging.ts";

export const proxyTrust: Control = defineControl({
  id: "proxy-trust",
  title: "Forwarded headers are believed from known proxies only",
  failureTitle: "Anybody can forge scheme and address by forwarded headers",
  severity: "medium",
  covers: ["SM-10"],
  threats: ["undetected-abuse", "man-in-the-middle"],
  effort: "minutes",
  verification:
    "Send X-Forwarded-Proto and X-Forwarded-For from a machine that is no proxy: neither the cookie's Secure nor the logged address may change.",
  judge(evidence) {
    if (evidence.sessions.length === 0) return notApplicable(NO_SESSIONS);
    return judgeObservations(
      evidence,
      "proxy-trust",
      {
        pass: "Forwarded headers are believed from known proxies only.",
        fail: "Forwarded headers are believed from anybody.",
        review: "Whose forwarded headers are believed has to be looked at by hand.",
      },
      notApplicable("Nothing here reads forwarded headers."),
    );
  },
});
