/**
 * A changed password changes the session that changed it.
 * @module
 */
import type { Control } from "../control.ts";
import { defineControl } from "../define-control.ts";
import { notApplicable, worst } from "../judging.ts";
import { keepsServerSessions, privilegeCase } from "../privilege.ts";

export const regeneratePasswordChange: Control = defineControl({
  id: "regenerate-password-change",
  title: "Changing the password rotates or ends the session",
  failureTitle: "Changing the password leaves the session as it is",
  severity: "high",
  covers: ["SM-20", "SM-32"],
  threats: ["hijacking"],
  effort: "hours",
  verification:
    "Sign in with two browsers, change the password in one, and send the old cookie of each: neither may be signed in.",
  judge(evidence) {
    const changes = evidence.privilegeChanges.filter(({ kind }) => kind === "password-change");
    if (!keepsServerSessions(evidence) || changes.length === 0) {
      return notApplicable("No code that changes a password was found.");
    }
    return worst(
      changes.map((change) => {
        const verdict =
          change.rotation === "rotated"
            ? "pass"
            : change.rotation === "unknown"
              ? "review"
              : "fail";
        return privilegeCase(evidence, change, verdict, {
          none:
            change.others === "ended"
              ? "Other sessions end, and a stolen copy of this one goes on under the new password."
              : "Whoever holds a stolen session keeps it: changing the password, the one thing that its owner can do, does not end it.",
          "old-session-kept": "The old id of the session goes on working under the new password.",
        });
      }),
      {
        pass: "Changing the password rotates or ends the session.",
        fail: "Changing the password leaves sessions as they are.",
        review: "What changing the password does to sessions could not be followed.",
      },
    );
  },
});
