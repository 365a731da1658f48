/**
 * Session cookies are in no log.
 * @module
 */
import type { Control } from "../control.ts";
import { defineControl } from "../define-control.ts";
import { judgeObservations, NO_SESSIONS, notApplicable } from "../judging.ts";

export const tokenInLog: Control = defineControl({
  id: "token-in-log",
  title: "Session cookies are in no log",
  failureTitle: "Session cookies are written to the log",
  severity: "medium",
  covers: ["SM-56"],
  threats: ["hijacking"],
  effort: "minutes",
  verification:
    "Send a canary as session cookie and cause a 400, a 404 and a 500: the log must not contain it.",
  judge(evidence) {
    if (evidence.sessions.length === 0) return notApplicable(NO_SESSIONS);
    return judgeObservations(
      evidence,
      "token-in-log",
      {
        pass: "Session cookies are in no log.",
        fail: "Cookies, or all headers, are written to the log, where many can read them.",
        review: "Some code may write cookies to the log.",
      },
      {
        verdict: "pass",
        confidence: "medium",
        summary: "Nothing in the source logs cookies or all headers.",
        findings: [],
      },
    );
  },
});
