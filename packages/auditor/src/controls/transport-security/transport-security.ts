/**
 * The site is served over TLS with HSTS.
 * @module
 */
import type { Control } from "../control.ts";
import { defineControl } from "../define-control.ts";
import { judgeObservations, NO_SESSIONS, notApplicable } from "../judging.ts";

export const transportSecurity: Control = defineControl({
  id: "transport-security",
  title: "The site is served over TLS with HSTS",
  failureTitle: "HSTS is missing or too weak",
  severity: "high",
  covers: ["SM-09"],
  threats: ["man-in-the-middle"],
  effort: "minutes",
  verification:
    "Request the site over https: Strict-Transport-Security must be there with at least a year; over http it must redirect.",
  judge(evidence) {
    if (evidence.sessions.length === 0) return notApplicable(NO_SESSIONS);
    return judgeObservations(
      evidence,
      "transport-security",
      {
        pass: "Strict-Transport-Security is sent.",
        fail: "Strict-Transport-Security is switched off or too short.",
        review:
          "Whether Strict-Transport-Security is sent has to be looked at on the running site.",
      },
      notApplicable(
        "The source says nothing of it; the web server in front may send the header. Only the running site shows it.",
      ),
    );
  },
});
