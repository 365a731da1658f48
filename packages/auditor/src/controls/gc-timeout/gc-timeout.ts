/**
 * A session that nobody uses ends, because the server ends it.
 * @module
 */
import type { IdleEvidence, SessionEvidence } from "../../evidence.ts";
import type { Control, Verdict } from "../control.ts";
import { defineControl } from "../define-control.ts";
import { duration } from "../duration.ts";
import { type Case, NO_SESSIONS, notApplicable, worst } from "../judging.ts";
import { settingFix } from "../session-fix.ts";

const MESSAGES: Readonly<Record<IdleEvidence["keptBy"], string>> = {
  application: "The application ends sessions that nobody uses.",
  library: "The library ends sessions that nobody uses, at the next request with them.",
  "store-default":
    "Only the store's own default ends the session: state the time, so that a change of the store does not change it.",
  "garbage-collection":
    "PHP's garbage collection is no timeout: it runs by chance, on Debian not at all, and the first late request is served even when it does.",
  nobody: "A session that is left open at another's desk stays open.",
};

export const gcTimeout: Control = defineControl({
  id: "gc-timeout",
  title: "The server ends sessions that nobody uses",
  failureTitle: "Nothing ends a session that nobody uses",
  severity: "high",
  covers: ["SM-23"],
  threats: ["hijacking"],
  effort: "hours",
  verification:
    "Sign in, wait for longer than the timeout without a request, and replay the cookie with a plain client: the answer must be the sign-in page.",
  judge(evidence) {
    if (evidence.sessions.length === 0) return notApplicable(NO_SESSIONS);
    const cases = evidence.sessions.map((session): Case => {
      const { seconds, keptBy } = session.idle;
      return {
        verdict: verdictOf(session),
        finding: {
          place: seconds.origin.place ?? session.place,
          value: inWords(seconds.value),
          origin: seconds.origin,
          message: MESSAGES[keptBy],
          fix: settingFix(evidence, session, seconds, {
            text: "Write the time of the last request into the session, and end the session when it is too long ago.",
            stacks: {
              symfony: {
                text: "Compare the session's last use in a kernel.request listener and invalidate it; with the database or Redis handler, gc_maxlifetime alone is enough, since they check it when they read.",
                code: "if (time() - $session->getMetadataBag()->getLastUsed() > 1800) {\n    $session->invalidate();\n}",
              },
              "express-session": {
                text: "Set cookie.maxAge and rolling, with a store that expires records.",
                code: "app.use(session({\n  rolling: true,\n  cookie: { maxAge: 30 * 60 * 1000 },\n}));",
              },
              "cookie-session": {
                text: "The library never checks the age on the server: put the time of sign-in into the session and compare it at each request, or keep sessions on the server.",
              },
            },
          }),
        },
      };
    });
    return worst(cases, {
      pass: "The server ends sessions that nobody uses.",
      fail: "Nothing ends a session that nobody uses.",
      review: "What ends a session that nobody uses has to be looked at by hand.",
    });
  },
});

function verdictOf({ idle: { keptBy, seconds } }: SessionEvidence): Verdict {
  if (keptBy === "application" || keptBy === "library")
    return seconds.value === "never" ? "fail" : "pass";
  if (keptBy === "store-default") return "review";
  // Somebody chose the time: that it is chance which keeps it is for a person to weigh.
  if (keptBy === "garbage-collection" && seconds.origin.kind === "set") return "review";
  return "fail";
}

function inWords(seconds: number | "never" | undefined): string {
  return seconds === undefined
    ? "not known"
    : seconds === "never"
      ? "never ends"
      : duration(seconds);
}
