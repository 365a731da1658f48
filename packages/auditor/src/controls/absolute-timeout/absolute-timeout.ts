/**
 * A session that is used ends all the same.
 * @module
 */
import type { Control } from "../control.ts";
import { defineControl } from "../define-control.ts";
import { judgeObservations, NO_SESSIONS, notApplicable } from "../judging.ts";

export const absoluteTimeout: Control = defineControl({
  id: "absolute-timeout",
  title: "A session that is used ends all the same",
  failureTitle: "A session that is used never ends",
  severity: "medium",
  covers: ["SM-24"],
  threats: ["hijacking"],
  effort: "hours",
  verification:
    "Sign in and send a request every few minutes: after the longest lifetime the answer must be the sign-in page.",
  judge(evidence) {
    if (evidence.sessions.length === 0) return notApplicable(NO_SESSIONS);
    return judgeObservations(
      evidence,
      "absolute-timeout",
      {
        pass: "A session that is used ends after its longest lifetime.",
        fail: "A session that is used again and again never ends.",
        review: "How long a session may live has to be looked at by hand.",
      },
      notApplicable(
        "Nothing in the source says how long a session may live that is used again and again; the running site shows it.",
      ),
    );
  },
});
