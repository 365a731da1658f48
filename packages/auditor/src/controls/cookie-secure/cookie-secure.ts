/**
 * The session cookie travels over TLS only.
 * @module
 */
import type { Control } from "../control.ts";
import { defineControl } from "../define-control.ts";
import { judgeSetting } from "../judging.ts";
import { settingFix } from "../session-fix.ts";

export const cookieSecure: Control = defineControl({
  id: "cookie-secure",
  title: "Session cookie is sent over TLS only",
  failureTitle: "Session cookie is sent over plain HTTP too",
  severity: "high",
  covers: ["SM-01"],
  threats: ["hijacking", "man-in-the-middle"],
  effort: "minutes",
  verification:
    "Sign in over https and read the Set-Cookie header of the session: it must carry Secure. Then request the site over http: no response may set the cookie.",
  judge: (evidence) =>
    judgeSetting(
      evidence,
      ({ cookie }) => cookie.secure,
      (value, session, setting) => ({
        verdict: value === "never" ? "fail" : "pass",
        value: {
          always: "Secure always",
          "when-https": "Secure whenever the request came by https",
          never: "no Secure attribute",
        }[value],
        message:
          value === "never"
            ? "The browser sends the session cookie with any plain http request to the host, where everybody on the way can read it."
            : "The cookie carries Secure.",
        fix: settingFix(evidence, session, setting, {
          text: "Set the Secure attribute of the session cookie in production.",
          symfony: ["cookie_secure", "auto"],
          php: ["session.cookie_secure", "1"],
          cookieOption: "secure: true",
          literal: "true",
          stacks: {
            "express-session": {
              text: "Set cookie.secure, and tell Express of the proxy that ends TLS: without `trust proxy` no cookie is sent behind one.",
              code: 'app.set("trust proxy", 1);\napp.use(session({\n  cookie: { secure: true },\n}));',
            },
          },
        }),
      }),
      {
        pass: "The session cookie carries Secure.",
        fail: "The session cookie is sent without Secure.",
        review: "Whether the session cookie carries Secure is decided outside the repository.",
      },
    ),
});
