/**
 * The session cookie goes to one host, and to the paths of the application.
 * @module
 */
import type { Control } from "../control.ts";
import { defineControl } from "../define-control.ts";
import { judgeSetting } from "../judging.ts";
import { settingFix } from "../session-fix.ts";

export const cookieScope: Control = defineControl({
  id: "cookie-scope",
  title: "Session cookie goes to one host",
  failureTitle: "Session cookie goes to every host of the domain",
  severity: "medium",
  covers: ["SM-06"],
  threats: ["hijacking"],
  effort: "minutes",
  verification: "Sign in and read the Set-Cookie header of the session: it must have no Domain.",
  judge: (evidence) =>
    judgeSetting(
      evidence,
      ({ cookie }) => cookie.domain,
      (domain, session, setting) => ({
        verdict: domain === "" ? "pass" : "fail",
        value: domain === "" ? "this host only" : `Domain=${domain}`,
        message:
          domain === ""
            ? "The cookie has no Domain, so it goes to this host alone."
            : "Every host below the domain gets the session cookie, also one that somebody else runs or has taken over.",
        fix: settingFix(evidence, session, setting, {
          isByHand: true,
          text: "Leave Domain out, unless it is written down why hosts share the session.",
          symfony: ["cookie_domain", "null"],
          php: ["session.cookie_domain", ""],
        }),
      }),
      {
        pass: "The session cookie goes to one host.",
        fail: "The session cookie goes to every host of a domain.",
        review: "Which hosts get the session cookie is decided outside the repository.",
      },
    ),
});
