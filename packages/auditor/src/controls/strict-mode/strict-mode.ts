/**
 * An id that the server did not issue is never adopted.
 * @module
 */
import type { Control } from "../control.ts";
import { defineControl } from "../define-control.ts";
import { judgeSetting, NO_SESSIONS } from "../judging.ts";
import { settingFix } from "../session-fix.ts";

export const strictMode: Control = defineControl({
  id: "strict-mode",
  title: "Ids that the server did not issue are refused",
  failureTitle: "The server adopts session ids that somebody else made up",
  severity: "high",
  covers: ["SM-14"],
  threats: ["fixation"],
  effort: "minutes",
  verification:
    "Send a request with a well-formed session id that was never issued: the response must set another one, or none; the one sent must not be in use afterwards.",
  judge: (evidence) =>
    judgeSetting(
      evidence,
      (session) => (session.isStateless ? undefined : session.strictIds),
      (isStrict, session, setting) => ({
        verdict: isStrict ? "pass" : "fail",
        value: isStrict ? "unknown ids are replaced" : "unknown ids are adopted",
        message: isStrict
          ? "An id that the server did not issue gets a new session under a new id."
          : "Whoever plants an id in a victim's browser knows it once the victim has signed in, wherever the id is not rotated then.",
        fix: settingFix(evidence, session, setting, {
          text: "Refuse ids that were not issued.",
          php: ["session.use_strict_mode", "1"],
          stacks: {
            symfony: {
              text: "Symfony switches strict mode on by itself; the session handler has to answer for it: implement SessionUpdateTimestampHandlerInterface::validateId, or extend AbstractSessionHandler.",
            },
            phalcon: {
              text: "Switch strict mode on before the session starts, and use Phalcon 5.14.2 or newer: adapters before it have no validateId, and PHP then ignores the setting.",
            },
          },
        }),
      }),
      {
        pass: "Ids that the server did not issue are refused.",
        fail: "Ids that the server did not issue are adopted.",
        review: "Whether ids that the server did not issue are refused could not be told.",
      },
      evidence.sessions.length === 0
        ? NO_SESSIONS
        : "There is no session id: the cookie carries the contents.",
    ),
});
