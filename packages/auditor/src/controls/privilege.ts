/**
 * What controls of changed privilege have in common.
 * @module
 */
import type { Evidence, PrivilegeChange, Rotation, Stack } from "../evidence.ts";
import type { Fix, Verdict } from "./control.ts";
import { type Case, seenAt } from "./judging.ts";
import { sentence } from "./sentence.ts";

/** Ways in: what makes somebody signed in. */
export function signIns(evidence: Evidence): readonly PrivilegeChange[] {
  return evidence.privilegeChanges.filter(
    ({ kind }) => kind !== "password-change" && kind !== "role-change",
  );
}

/** Whether any session has an id that the server keeps. */
export function keepsServerSessions(evidence: Evidence): boolean {
  return evidence.sessions.some(({ isStateless }) => !isStateless);
}

const WORDS: Readonly<Record<Rotation, string>> = {
  rotated: "new id, old session gone",
  "old-session-kept": "new id, old session kept",
  "before-check": "new id before the check only",
  none: "same id",
  unknown: "not known",
};

/** @param messages What follows from each rotation that is judged wrong. */
export function privilegeCase(
  evidence: Evidence,
  change: PrivilegeChange,
  verdict: Verdict,
  messages: Partial<Record<Rotation, string>>,
): Case {
  const { place, rotation, why, rotationPlace } = change;
  const message = messages[rotation];
  const told =
    verdict === "fail" && message !== undefined ? `${sentence(why)} ${message}` : sentence(why);
  const fix =
    verdict === "pass" ? undefined : rotationFix(evidence.stack, rotationPlace?.file ?? place.file);
  return {
    verdict,
    finding: {
      place,
      value: WORDS[rotation],
      origin: seenAt(rotationPlace ?? place),
      message: told,
      ...(fix === undefined ? {} : { fix }),
    },
    confidence: verdict === "review" ? "low" : "medium",
  };
}

const CODE: Partial<Record<Stack, string>> = {
  symfony:
    "// let the firewall do it: it migrates the session and clears CSRF tokens\n$security->login($user);",
  phalcon:
    "// after the check, before the identity is written; the session must be started\n$this->session->regenerateId();\n$this->session->set('auth-identity', $identity);",
  "express-session":
    '// after the check, before the identity is written\nreq.session.regenerate((error) => {\n  if (error) return next(error);\n  req.session.userId = user.id;\n  req.session.save((error) => (error ? next(error) : res.redirect("/")));\n});',
  "@fastify/session":
    "// after the check, before the identity is written\nawait request.session.regenerate();\nrequest.session.userId = user.id;",
  "koa-session":
    "// after the check, before the identity is written\nctx.session.regenerate();\nctx.session.userId = user.id;",
  holdfast: "await session.signIn(user.id);",
};

function rotationFix(stack: Stack, file: string): Fix {
  const code = CODE[stack];
  const text =
    "Give the session a new id once the credentials are checked and before the identity is written, and end the old one.";
  return code === undefined ? { text } : { text, code, file };
}
