/**
 * How many sessions an account may have is decided and kept.
 * @module
 */
import type { Control, Judgement } from "../control.ts";
import { defineControl } from "../define-control.ts";
import { judgeObservations, NO_SESSIONS, notApplicable } from "../judging.ts";

const SUMMARIES = {
  pass: "How many sessions an account may have is decided and kept.",
  fail: "A stolen password opens one more session, which nobody notices among the others.",
  review: "Whether the number of sessions is limited has to be looked at by hand.",
};

export const concurrentSessions: Control = defineControl({
  id: "concurrent-sessions",
  title: "How many sessions an account may have is decided and kept",
  failureTitle: "An account may have any number of sessions",
  severity: "low",
  covers: ["SM-36"],
  threats: ["undetected-abuse"],
  effort: "days",
  verification:
    "Sign in once more than allowed, also at the same moment: exactly as many cookies as allowed may open the account.",
  judge(evidence) {
    if (evidence.sessions.length === 0) return notApplicable(NO_SESSIONS);
    const decided = evidence.policy?.maximumSessions;
    const written: Judgement = {
      verdict: "pass",
      confidence: "medium",
      summary: "The session policy leaves the number of sessions open, and says why.",
      findings: [],
    };
    const place = evidence.sessions[0]?.place ?? evidence.place;
    const unlimited: Judgement = {
      verdict: "fail",
      confidence: "medium",
      summary: SUMMARIES.fail,
      findings: [
        {
          place,
          value: "unlimited",
          origin: { kind: "unknown", why: "Nothing in the source limits it.", place },
          message:
            "Nothing counts the sessions of an account, and no policy says that there is no limit.",
          fix: {
            text: 'Keep a list of each account\'s sessions and end the oldest beyond the limit; or write "maximumSessionsPerAccount": "unlimited" with its reason into session-policy.json.',
          },
        },
      ],
    };
    const isOpen = decided?.value === "unlimited" && decided.reason !== undefined;
    return judgeObservations(
      evidence,
      "concurrent-sessions",
      SUMMARIES,
      isOpen ? written : unlimited,
    );
  },
});
