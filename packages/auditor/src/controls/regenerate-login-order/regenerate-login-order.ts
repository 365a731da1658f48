/**
 * When somebody signs in, the old session is dead before the new one says who it is.
 * @module
 */
import type { Control, Verdict } from "../control.ts";
import { defineControl } from "../define-control.ts";
import { notApplicable, worst } from "../judging.ts";
import { keepsServerSessions, privilegeCase, signIns } from "../privilege.ts";

export const regenerateLoginOrder: Control = defineControl({
  id: "regenerate-login-order",
  title: "The old session is gone when the identity is written",
  failureTitle: "The identity is written into a session whose old id lives on",
  severity: "high",
  covers: ["SM-21"],
  threats: ["fixation"],
  effort: "minutes",
  verification:
    "Sign in with a session that existed before, and send the old id at once, after five seconds and after a minute: it must never be signed in.",
  judge(evidence) {
    const rotating = signIns(evidence).filter(({ rotation }) => rotation !== "none");
    if (!keepsServerSessions(evidence) || rotating.length === 0) {
      return notApplicable("No sign-in rotates a session id, so there is no order to judge.");
    }
    const verdictOf = (rotation: string): Verdict =>
      rotation === "rotated" ? "pass" : rotation === "unknown" ? "review" : "fail";
    return worst(
      rotating.map((change) =>
        privilegeCase(evidence, change, verdictOf(change.rotation), {
          "old-session-kept":
            "The old id holds the identity too, so whoever planted it is signed in with it.",
          "before-check":
            "The rotation comes before the check of the password, where it protects nobody.",
        }),
      ),
      {
        pass: "The old session is gone when the identity is written.",
        fail: "The old id keeps an identity that was written before, or with, the rotation.",
        review: "In which order sign-in and rotation happen could not be followed.",
      },
    );
  },
});
