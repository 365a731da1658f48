/**
 * A cookie that another host planted is not taken for the session's.
 * @module
 */

import type { SessionEvidence } from "../../evidence.ts";
import type { Control } from "../control.ts";
import { defineControl } from "../define-control.ts";
import { judgeSetting } from "../judging.ts";
import { settingFix } from "../session-fix.ts";

export const cookiePrefix: Control = defineControl({
  id: "cookie-prefix",
  title: "Session cookie is locked to its host by its name",
  failureTitle: "Another host of the domain can plant a session cookie",
  severity: "low",
  covers: ["SM-04"],
  threats: ["fixation"],
  effort: "minutes",
  verification:
    "Set a cookie of the session's name with Domain from a sibling host, and sign in: the server must not take it. With the __Host- prefix the browser refuses to set it.",
  judge: (evidence) =>
    judgeSetting(
      evidence,
      ({ cookie }) => cookie.name,
      (name, session, setting) => {
        const broken = brokenBy(name, session);
        const isLocked = /^__host-/i.test(name) && broken === undefined;
        return {
          verdict: isLocked ? "pass" : "fail",
          value: name,
          message: isLocked
            ? "Browsers take the cookie from this host alone."
            : (broken ??
              "Any other host below the same domain, or somebody on the way of a plain http request, can set a cookie of this name."),
          fix: settingFix(evidence, session, setting, {
            isByHand: true,
            text: "Begin the name with __Host-, which needs Secure, Path=/ and no Domain.",
            symfony: ["name", "__Host-session"],
            php: ["session.name", "__Host-session"],
            option: 'name: "__Host-session"',
          }),
        };
      },
      {
        pass: "The session cookie's name locks it to its host.",
        fail: "The session cookie's name does not lock it to its host.",
        review: "The session cookie's name could not be told.",
      },
    ),
});

/** Browsers refuse a cookie whose name promises what its attributes do not keep (RFC 6265bis 4.1.3). */
function brokenBy(name: string, { cookie }: SessionEvidence): string | undefined {
  if (!/^__(host|secure)-/i.test(name)) return undefined;
  if (cookie.secure.value === "never")
    return "Browsers refuse the cookie: its name asks for Secure, which is not set.";
  if (!/^__host-/i.test(name)) return undefined;
  if (cookie.domain.value)
    return "Browsers refuse the cookie: its name forbids a Domain, and one is set.";
  if (cookie.path.value !== undefined && cookie.path.value !== "/") {
    return "Browsers refuse the cookie: its name asks for Path=/, and another is set.";
  }
  return undefined;
}
