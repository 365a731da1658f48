/**
 * The cookie's name does not tell which software is behind it. Obscurity only.
 * @module
 */
import type { Control } from "../control.ts";
import { defineControl } from "../define-control.ts";
import { judgeSetting } from "../judging.ts";
import { settingFix } from "../session-fix.ts";

export const cookieName: Control = defineControl({
  id: "cookie-name",
  title: "Session cookie has a name of its own",
  failureTitle: "Session cookie has the library's default name",
  severity: "info",
  covers: ["SM-05"],
  threats: ["undetected-abuse"],
  effort: "minutes",
  verification: "Sign in and look at the session cookie's name.",
  judge: (evidence) =>
    judgeSetting(
      evidence,
      ({ cookie }) => cookie.name,
      (name, session, setting) => ({
        verdict: name === session.cookie.defaultName ? "fail" : "pass",
        value: name,
        message:
          name === session.cookie.defaultName
            ? "The name tells which software keeps the sessions. That helps nobody in; it matters only as the place where the __Host- prefix would stand."
            : "The name is the application's own.",
        fix: settingFix(evidence, session, setting, {
          isByHand: true,
          text: "Name the cookie __Host-session (any name with that prefix): then no other host can plant one. It needs Secure, Path=/ and no Domain.",
          symfony: ["name", "__Host-session"],
          php: ["session.name", "__Host-session"],
          option: 'name: "__Host-session"',
          stacks: {
            "@fastify/session": {
              code: 'await app.register(fastifySession, {\n  cookieName: "__Host-session",\n});',
            },
            "@fastify/secure-session": {
              code: 'await app.register(secureSession, {\n  cookieName: "__Host-session",\n});',
            },
            "koa-session": { code: 'app.use(session({\n  key: "__Host-session",\n}, app));' },
            "hono-sessions": {
              code: 'app.use(sessionMiddleware({\n  sessionCookieName: "__Host-session",\n}));',
            },
          },
        }),
      }),
      {
        pass: "The session cookie has a name of its own.",
        fail: "The session cookie has the default name.",
        review: "The session cookie's name could not be told.",
      },
    ),
});
