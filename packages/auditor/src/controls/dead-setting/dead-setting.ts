/**
 * Every session setting has an effect.
 * @module
 */
import type { Control } from "../control.ts";
import { defineControl } from "../define-control.ts";
import { judgeObservations, NO_SESSIONS, notApplicable } from "../judging.ts";

export const deadSetting: Control = defineControl({
  id: "dead-setting",
  title: "Every session setting has an effect",
  failureTitle: "A session setting has no effect",
  severity: "low",
  covers: ["SM-52"],
  threats: ["undetected-abuse"],
  effort: "minutes",
  verification:
    "Change the setting to another value: if nothing changes on the running site, it has no effect.",
  judge(evidence) {
    if (evidence.sessions.length === 0) return notApplicable(NO_SESSIONS);
    return judgeObservations(
      evidence,
      "dead-setting",
      {
        pass: "Every session setting has an effect.",
        fail: "Somebody relies on a session setting that does nothing.",
        review: "A session setting may have no effect.",
      },
      {
        verdict: "pass",
        confidence: "medium",
        summary: "No session setting without effect was found.",
        findings: [],
      },
    );
  },
});
