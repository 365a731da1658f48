/**
 * Scripts in the page cannot read the session cookie.
 * @module
 */
import type { Control } from "../control.ts";
import { defineControl } from "../define-control.ts";
import { judgeSetting } from "../judging.ts";
import { settingFix } from "../session-fix.ts";

export const cookieHttpOnly: Control = defineControl({
  id: "cookie-httponly",
  title: "Session cookie is hidden from scripts",
  failureTitle: "Scripts in the page can read the session cookie",
  severity: "high",
  covers: ["SM-02"],
  threats: ["hijacking"],
  effort: "minutes",
  verification:
    "Sign in and evaluate document.cookie in the browser's console: the session's name must not be in it.",
  judge: (evidence) =>
    judgeSetting(
      evidence,
      ({ cookie }) => cookie.httpOnly,
      (isHidden, session, setting) => ({
        verdict: isHidden ? "pass" : "fail",
        value: isHidden ? "HttpOnly" : "no HttpOnly attribute",
        message: isHidden
          ? "The cookie carries HttpOnly."
          : "A script injected into any page of the host reads the session cookie and sends it away.",
        fix: settingFix(evidence, session, setting, {
          text: "Set the HttpOnly attribute of the session cookie.",
          symfony: ["cookie_httponly", "true"],
          php: ["session.cookie_httponly", "1"],
          cookieOption: "httpOnly: true",
          literal: "true",
        }),
      }),
      {
        pass: "The session cookie carries HttpOnly.",
        fail: "The session cookie is sent without HttpOnly.",
        review: "Whether the session cookie carries HttpOnly could not be told.",
      },
    ),
});
