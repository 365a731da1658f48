/**
 * Who signs out is signed out on the server.
 * @module
 */
import type { SignOut, Stack } from "../../evidence.ts";
import type { Control, Judgement } from "../control.ts";
import { defineControl } from "../define-control.ts";
import { type Case, NO_SESSIONS, notApplicable, seenAt, worst } from "../judging.ts";
import { signIns } from "../privilege.ts";
import { sentence } from "../sentence.ts";

const CODE: Partial<Record<Stack, string>> = {
  symfony:
    "security:\n    firewalls:\n        main:\n            logout:\n                invalidate_session: true",
  phalcon: "$this->session->destroy();",
  "express-session": 'req.session.destroy((error) => (error ? next(error) : res.redirect("/")));',
  "cookie-session": "req.session = null;",
  "@fastify/session": "await request.session.destroy();",
  "@fastify/secure-session": "request.session.delete();",
  "koa-session": "ctx.session = null;",
  "iron-session": "session.destroy();",
  "hono-sessions": 'c.get("session").deleteSession();',
};

const SUMMARIES = {
  pass: "Signing out ends the session.",
  fail: "Signing out does not end the session.",
  review: "What signing out does could not be followed.",
};

export const logoutDestroy: Control = defineControl({
  id: "logout-destroy",
  title: "Signing out ends the session on the server",
  failureTitle: "A signed-out session lives on",
  severity: "critical",
  covers: ["SM-27"],
  threats: ["replay-after-sign-out"],
  effort: "minutes",
  verification:
    "Sign in, keep a copy of the cookie, sign out, and send the copy: the answer must be the sign-in page, for pages and for the API.",
  judge(evidence): Judgement {
    const { sessions, signOuts, place, stack } = evidence;
    if (sessions.length === 0) return notApplicable(NO_SESSIONS);
    const code = CODE[stack];
    const fixIn = (file: string) => ({
      text: "End the session on the server, and not only what it says of the user.",
      ...(code === undefined ? {} : { code, file }),
    });
    if (signOuts.length === 0) {
      if (signIns(evidence).length === 0)
        return notApplicable("No code that signs anybody in was found.");
      const message =
        "There is a way in and none out: nobody can end a session, not even at another's machine.";
      const at = signIns(evidence)[0]?.place ?? place;
      const finding = {
        place: at,
        value: "no sign-out",
        origin: seenAt(at),
        message,
        fix: fixIn(at.file),
      };
      return worst([{ verdict: "fail", finding, confidence: "medium" }], SUMMARIES);
    }
    return worst(
      signOuts.map((out): Case => {
        const verdict = verdictOf(out);
        return {
          verdict,
          finding: {
            place: out.place,
            value: out.effect.replace("-", " "),
            origin: seenAt(out.place),
            message:
              verdict === "fail"
                ? `${sentence(out.why)} A copy of the cookie is signed in again, or never was signed out.`
                : sentence(out.why),
            ...(verdict === "pass" ? {} : { fix: fixIn(out.place.file) }),
          },
        };
      }),
      SUMMARIES,
    );
  },
});

function verdictOf({ effect }: SignOut): "pass" | "fail" | "review" {
  if (effect === "destroyed" || effect === "cookie-cleared") return "pass";
  return effect === "unknown" ? "review" : "fail";
}
