/**
 * A changed password changes the session that changed it.
 * @module
 */
import type { PrivilegeChange } from "../../evidence.ts";
import type { Control } from "../control.ts";
import { defineControl } from "../define-control.ts";
import { type Case, NO_SESSIONS, notApplicable, seenAt, worst } from "../judging.ts";
import { keepsServerSessions, privilegeCase } from "../privilege.ts";
import { sentence } from "../sentence.ts";

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
    if (evidence.sessions.length === 0) return notApplicable(NO_SESSIONS);
    if (changes.length === 0) return notApplicable("No code that changes a password was found.");
    const isStateless = !keepsServerSessions(evidence);
    return worst(
      changes.map((change) => {
        if (isStateless) return statelessCase(change);
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

/** A new cookie ends no copy of the old one: only what the server compares at each request does. */
function statelessCase({ place, others, why }: PrivilegeChange): Case {
  const isEnded = others === "ended";
  const verdict = isEnded ? "pass" : "fail";
  const message = isEnded
    ? sentence(why)
    : "The cookie carries the session, so every copy of it goes on under the new password until it expires.";
  return {
    verdict,
    finding: {
      place,
      value: isEnded ? "old cookies refused" : "old cookies stay valid",
      origin: seenAt(place),
      message,
      ...(isEnded
        ? {}
        : {
            fix: {
              text: "Keep a number with the account that a changed password raises, write it into the cookie, and refuse cookies with another at each request; or keep sessions on the server.",
            },
          }),
    },
    confidence: "medium",
  };
}
