/**
 * The browser does not keep the session cookie for longer than a month.
 * @module
 */
import type { Control } from "../control.ts";
import { defineControl } from "../define-control.ts";
import { duration } from "../duration.ts";
import { judgeSetting } from "../judging.ts";
import { settingFix } from "../session-fix.ts";

/** Longest persistence: NIST SP 800-63B-4 2.1.3 has 30 days as the longest session without authentication. */
export const LONGEST_COOKIE_SECONDS: number = 30 * 86_400;

export const cookieLifetime: Control = defineControl({
  id: "cookie-lifetime",
  title: "Session cookie does not outlive a month",
  failureTitle: "Browsers keep the session cookie for too long",
  severity: "medium",
  covers: ["SM-07"],
  threats: ["hijacking"],
  effort: "minutes",
  verification:
    "Sign in and read Max-Age and Expires of the session cookie. Whatever they say, replay the cookie later with a plain client: only the server's answer shows what ends a session.",
  judge: (evidence) =>
    judgeSetting(
      evidence,
      ({ cookie }) => cookie.lifetimeSeconds,
      (seconds, session, setting) => {
        const isBounded = seconds === "session" || seconds <= LONGEST_COOKIE_SECONDS;
        return {
          verdict: isBounded ? "pass" : "fail",
          value: seconds === "session" ? "ends with the browser" : duration(seconds),
          message: isBounded
            ? "The browser lets go of the cookie in time. What ends the session is the server's business all the same."
            : "Whoever sits down at the same browser within that time finds the session open, unless the server ended it.",
          fix: settingFix(evidence, session, setting, {
            text: "Let the cookie end with the browser, and leave long absences to a remember-me token.",
            symfony: ["cookie_lifetime", "0"],
            php: ["session.cookie_lifetime", "0"],
            cookieOption: "maxAge: undefined",
            stacks: {
              "iron-session": {
                text: "Set ttl to at most 30 days, in seconds; cookieOptions.maxAge is in seconds too.",
                code: "ttl: 60 * 60 * 24 * 14,",
              },
              "next-auth": { code: "session: { maxAge: 60 * 60 * 24 * 30 }," },
            },
          }),
        };
      },
      {
        pass: "The browser keeps the session cookie for a month at most.",
        fail: "The browser keeps the session cookie for more than a month.",
        review: "How long the browser keeps the session cookie could not be told.",
      },
    ),
});
