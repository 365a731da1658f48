/**
 * The session id is in no response.
 * @module
 */
import type { Control } from "../control.ts";
import { defineControl } from "../define-control.ts";
import { judgeObservations, NO_SESSIONS, notApplicable } from "../judging.ts";

export const tokenExposure: Control = defineControl({
  id: "token-exposure",
  title: "The session id is in no response",
  failureTitle: "The session id is written into responses",
  severity: "medium",
  covers: ["SM-08", "SM-13"],
  threats: ["hijacking"],
  effort: "hours",
  verification:
    "After signing in, search every body and header but Set-Cookie for the cookie's value.",
  judge(evidence) {
    if (evidence.sessions.length === 0) return notApplicable(NO_SESSIONS);
    return judgeObservations(
      evidence,
      "token-exposure",
      {
        pass: "The session id is in no response.",
        fail: "A session id is written into a response.",
        review: "Some code may write a session id into a response.",
      },
      {
        verdict: "pass",
        confidence: "medium",
        summary: "Nothing in the source writes a session id into a response.",
        findings: [],
      },
    );
  },
});
