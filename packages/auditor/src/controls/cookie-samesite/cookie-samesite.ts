/**
 * The session cookie says with which requests from other sites it goes.
 * @module
 */
import type { SameSiteFlag } from "../../evidence.ts";
import type { Control } from "../control.ts";
import { defineControl } from "../define-control.ts";
import { judgeSetting } from "../judging.ts";
import { settingFix } from "../session-fix.ts";

const MESSAGES: Readonly<Record<SameSiteFlag, string>> = {
  strict: "The cookie goes with requests from the site itself only.",
  lax: "The cookie goes with navigation from other sites, and not with their forms.",
  none: "The cookie goes with every request that any other site causes.",
  unset:
    "Browsers fill in Lax, and still send a cookie younger than two minutes with forms of other sites; older browsers send it with all of them.",
};

export const cookieSameSite: Control = defineControl({
  id: "cookie-samesite",
  title: "Session cookie states SameSite",
  failureTitle: "Session cookie goes with requests of other sites",
  severity: "medium",
  covers: ["SM-03"],
  threats: ["cross-site-request-forgery"],
  effort: "minutes",
  verification:
    "Sign in and read the Set-Cookie header of the session: it must carry SameSite=Lax or SameSite=Strict.",
  judge: (evidence) =>
    judgeSetting(
      evidence,
      ({ cookie }) => cookie.sameSite,
      (value, session, setting) => ({
        verdict: value === "lax" || value === "strict" ? "pass" : "fail",
        value: value === "unset" ? "no SameSite attribute" : `SameSite=${value}`,
        message: MESSAGES[value],
        fix: settingFix(evidence, session, setting, {
          text: "State SameSite=Lax, or Strict where nobody comes in by links of other sites.",
          symfony: ["cookie_samesite", "lax"],
          php: ["session.cookie_samesite", "Lax"],
          cookieOption: 'sameSite: "lax"',
          literal: '"lax"',
        }),
      }),
      {
        pass: "The session cookie states SameSite.",
        fail: "The session cookie states no SameSite that keeps other sites' requests out.",
        review: "What SameSite the session cookie states could not be told.",
      },
    ),
});
