/**
 * The remember-me cookie is as well kept as the session's.
 * @module
 */
import type { Setting } from "../../evidence.ts";
import type { Control } from "../control.ts";
import { defineControl } from "../define-control.ts";
import { type Case, notApplicable, worst } from "../judging.ts";

export const rememberMeCookie: Control = defineControl({
  id: "remember-me-cookie",
  title: "Remember-me cookie is Secure and HttpOnly",
  failureTitle: "Remember-me cookie lacks Secure or HttpOnly",
  severity: "high",
  covers: ["SM-37", "SM-01", "SM-02"],
  threats: ["hijacking", "man-in-the-middle"],
  effort: "minutes",
  verification:
    "Sign in over https with remember-me and read its Set-Cookie header: Secure and HttpOnly must be there.",
  judge({ rememberMe, framework, stack }) {
    if (rememberMe === undefined)
      return notApplicable("No code that remembers anybody beyond the session was found.");
    const { secure, httpOnly, place } = rememberMe;
    const code =
      stack === "symfony"
        ? {
            code: "framework:\n    session:\n        cookie_secure: auto\n        cookie_samesite: lax\n# or: security.firewalls.<name>.remember_me.secure: true",
            file: place.file,
          }
        : framework === "phalcon"
          ? {
              code: "$this->cookies->set($name, $value, $expires, '/', true, '', true, ['samesite' => 'Lax']);",
              file: place.file,
            }
          : {};
    const caseOf = (
      setting: Setting<unknown>,
      isWrong: boolean,
      lacking: string,
      follows: string,
    ): Case => ({
      verdict: setting.value === undefined ? "review" : isWrong ? "fail" : "pass",
      finding: {
        place: setting.origin.place ?? place,
        value: setting.value === undefined ? "not known" : isWrong ? `no ${lacking}` : lacking,
        origin: setting.origin,
        message: isWrong ? follows : `The cookie carries ${lacking}.`,
        ...(isWrong ? { fix: { text: `Set ${lacking} on the remember-me cookie.`, ...code } } : {}),
      },
    });
    return worst(
      [
        caseOf(
          secure,
          secure.value === "never",
          "Secure",
          "A cookie that signs in for weeks goes over plain http with any request to the host.",
        ),
        caseOf(
          httpOnly,
          httpOnly.value === false,
          "HttpOnly",
          "A script injected into any page takes a cookie that signs in for weeks.",
        ),
      ],
      {
        pass: "The remember-me cookie is Secure and HttpOnly.",
        fail: "The remember-me cookie lacks Secure or HttpOnly.",
        review: "Which attributes the remember-me cookie has could not be told.",
      },
    );
  },
});
