/**
 * Cookies that sign somebody in again after the session has ended.
 * @module
 */
import ts from "typescript";
import type { RememberMeEvidence, SessionEvidence } from "../../../evidence.ts";
import { nodesOf, placeOf, textOf } from "../../script/script-file.ts";
import type { ScriptProject } from "../../script/script-project.ts";
import { bindingOf } from "../../script/script-scope.ts";
import { calleeName, functionAround } from "../../script/script-syntax.ts";
import { literal, property, shipped, truthOf } from "../../script/script-value.ts";
import { handlerAround } from "../code/handlers.ts";
import { isIdentityKey } from "../code/identity.ts";
import { sessionActs } from "../code/session-access.ts";
import type { Prolonged } from "../sessions/prolonged-cookie.ts";
import {
  booleanSetting,
  lifetimeSetting,
  type Otherwise,
  sameSiteSetting,
  secureSetting,
} from "../sessions/setting.ts";

const NAME =
  /remember|persist(?:ent)?_?(?:login|token|session)|auto_?login|stay_?(?:signed|logged)|keep_?(?:signed|logged)/i;

export function rememberMeOf(
  project: ScriptProject,
  sessions: readonly SessionEvidence[] = [],
  prolonged: readonly Prolonged[] = [],
): RememberMeEvidence | undefined {
  for (const source of project.filesWith(NAME)) {
    for (const node of nodesOf(source)) {
      if (!ts.isCallExpression(node) || !/^(?:cookie|setCookie|set)$/.test(calleeName(node) ?? ""))
        continue;
      if (
        !/^(?:res|response|reply|ctx\.cookies|c|cookies\(\)|cookieStore|cookies)\b|^setCookie/.test(
          node.expression.getText(),
        )
      )
        continue;
      const list = [...node.arguments];
      const position = list.findIndex((one) => isNamed(project, one));
      if (position < 0 || position > 1) continue;
      return at(project, node, list[position + 1], list[position + 2]);
    }
  }
  return (
    byTokenIfAsked(project) ??
    byRestoring(project, sessions) ??
    byLongerSession(sessions, prolonged)
  );
}

/** Whatever its name: a cookie from which code writes who somebody is into a session that has ended. */
function byRestoring(
  project: ScriptProject,
  sessions: readonly SessionEvidence[],
): RememberMeEvidence | undefined {
  const names = restoringCookies(project);
  if (names.size === 0) return undefined;
  for (const source of project.filesWith(/cookie/i)) {
    for (const node of nodesOf(source)) {
      if (!ts.isCallExpression(node) || !/^(?:cookie|setCookie)$/.test(calleeName(node) ?? ""))
        continue;
      const [name, value, options] = node.arguments;
      if (name === undefined || value === undefined || isEmpty(value)) continue;
      const key = keyOf(project, name);
      if (sessions.some(({ cookie }) => cookie.name.value === key)) continue;
      if (names.has(key)) return at(project, node, value, options);
    }
  }
  return undefined;
}

/** Names of cookies, or the expressions for them, that are read where an identity is written. */
function restoringCookies(project: ScriptProject): ReadonlySet<string> {
  const found = new Set<string>();
  for (const source of project.filesWith(/\b(?:signedCookies|cookies)\b/)) {
    for (const node of nodesOf(source)) {
      const name = cookieRead(node);
      const around = name && handlerAround(node);
      if (name === undefined || around === undefined) continue;
      const writes = [...nodesOf(around)].some((inner) =>
        sessionActs(inner).some(
          ({ act, ...one }) => act === "write" && "key" in one && isIdentityKey(one.key),
        ),
      );
      if (writes) found.add(keyOf(project, name));
    }
  }
  return found;
}

/** `req.signedCookies[name]`, `req.cookies.name` */
function cookieRead(node: ts.Node): ts.Expression | undefined {
  const isJar = (one: ts.Expression): boolean => /\.(?:signedCookies|cookies)$/.test(one.getText());
  if (ts.isElementAccessExpression(node) && isJar(node.expression)) return node.argumentExpression;
  return ts.isPropertyAccessExpression(node) && ts.isIdentifier(node.name) && isJar(node.expression)
    ? node.name
    : undefined;
}

/** What a name says, or the last word of what it is kept in: `config.cookie_name`. */
function keyOf(project: ScriptProject, node: ts.Expression): string {
  const isMember =
    ts.isIdentifier(node) &&
    ts.isPropertyAccessExpression(node.parent) &&
    node.parent.name === node;
  if (isMember && cookieRead(node.parent) === node) return node.text;
  const value = shipped(project.evaluator.evaluate(node));
  if (value.kind === "literal" && typeof value.value === "string") return value.value;
  return `.${node.getText().split(".").at(-1) ?? ""}`;
}

function isEmpty(node: ts.Expression): boolean {
  return /^(?:""|''|null|undefined)$/.test(node.getText());
}

const ASKED = /remember|persist|stay|keep/i;

/** A token in a cookie by any name, set if the box is ticked. A name that is kept to fill in a form is none. */
function byTokenIfAsked(project: ScriptProject): RememberMeEvidence | undefined {
  for (const source of project.filesWith(/remember|stay_?(?:signed|logged)|keep_?me/i)) {
    for (const node of nodesOf(source)) {
      if (!ts.isCallExpression(node) || !/^(?:cookie|setCookie)$/.test(calleeName(node) ?? ""))
        continue;
      if (!isIfAsked(node)) continue;
      const [, value, options] = node.arguments;
      const found = at(project, node, value, options);
      if (found.scheme === "random-token" || found.scheme === "signed") return found;
    }
  }
  return undefined;
}

/** A ticked box makes the session's own cookie live longer: nothing else remembers anybody. */
function byLongerSession(
  [session]: readonly SessionEvidence[],
  prolonged: readonly Prolonged[],
): RememberMeEvidence | undefined {
  const found = prolonged.find(({ node }) => isIfAsked(node));
  if (session === undefined || found === undefined) return undefined;
  const { secure, httpOnly, sameSite, lifetimeSeconds } = session.cookie;
  return {
    place: placeOf(found.node),
    scheme: "session",
    why: `${textOf(found.node)} makes the session's own cookie live longer; there is no token of its own for it.`,
    expires: undefined,
    secure,
    httpOnly,
    sameSite,
    lifetimeSeconds,
  };
}

function isIfAsked(node: ts.Node): boolean {
  let at = node.parent;
  for (; at !== undefined && !ts.isSourceFile(at); at = at.parent) {
    if (ts.isIfStatement(at) && ASKED.test(at.expression.getText())) return true;
    if (ts.isConditionalExpression(at) && ASKED.test(at.condition.getText())) return true;
  }
  return ts.isBinaryExpression(node) && ASKED.test(node.right.getText());
}

function isNamed(project: ScriptProject, node: ts.Expression): boolean {
  const value = shipped(project.evaluator.evaluate(node));
  return value.kind === "literal" && typeof value.value === "string" && NAME.test(value.value);
}

function at(
  project: ScriptProject,
  node: ts.CallExpression,
  value: ts.Expression | undefined,
  given: ts.Expression | undefined,
): RememberMeEvidence {
  const place = placeOf(node);
  const of = "the cookie function, which sets no flag by itself";
  const otherwise = <T>(one: T): Otherwise<T> => ({ value: one, of, place });
  const options =
    given === undefined ? literal(undefined, place) : project.evaluator.evaluate(given);
  const isSigned = truthOf(property(options, "signed")) === true;
  const made = isSigned
    ? { scheme: "signed" as const, why: `${textOf(node)} sets it.`, expires: endsByItself(value) }
    : schemeOf(node, value, textOf(given ?? node, 400));
  const { scheme, why, expires } = made;
  return {
    place,
    scheme,
    why,
    expires,
    secure: secureSetting(property(options, "secure"), otherwise("never")),
    httpOnly: booleanSetting(property(options, "httpOnly"), otherwise(false)),
    sameSite: sameSiteSetting(property(options, "sameSite"), otherwise("unset")),
    lifetimeSeconds: lifetimeSetting(
      property(options, "maxAge"),
      1,
      otherwise<number | "session">("session"),
    ),
  };
}

/** A signature of the cookie holds no time: one that ends has it in what is signed. */
function endsByItself(value: ts.Expression | undefined): boolean | undefined {
  if (value === undefined) return undefined;
  const binding = ts.isIdentifier(value) ? bindingOf(value) : undefined;
  const made = binding?.kind === "variable" ? binding.node.initializer : value;
  if (made === undefined || /token|expir|\bexp\b|Date|time|random|jwt|sign\(/i.test(made.getText()))
    return undefined;
  return false;
}

function schemeOf(
  node: ts.CallExpression,
  value: ts.Expression | undefined,
  options: string,
): Pick<RememberMeEvidence, "scheme" | "why" | "expires"> {
  const text = value?.getText() ?? "";
  const around = functionAround(node)?.getText() ?? "";
  const why = `${textOf(node)} sets it.`;
  if (/passw|pwd/i.test(text) && !/token/i.test(text))
    return { scheme: "password", why, expires: undefined };
  if (/jwt|sign\(|signed/i.test(text) || /signed:\s*true/.test(options)) {
    return { scheme: "signed", why, expires: /expiresIn|exp\b/.test(around) ? true : undefined };
  }
  const isRandom =
    /randomBytes|randomUUID|uuid|nanoid|generateToken|createToken|cryptoRandom/i.test(around);
  if (/token|selector|series/i.test(text) || isRandom) {
    if (/jwt\.sign|\.signAsync|SignJWT/.test(around))
      return {
        scheme: "signed",
        why,
        expires: /expiresIn|setExpirationTime/.test(around) ? true : undefined,
      };
    return {
      scheme: isRandom || /token/i.test(text) ? "random-token" : "unknown",
      why,
      expires: /expire|validUntil|ttl/i.test(around) ? true : undefined,
    };
  }
  if (
    /\b(?:user|account|member)\w*\.(?:_?id|email|username|name)\b|^(?:email|username|userId|id)$/i.test(
      text,
    )
  ) {
    return { scheme: "plain", why, expires: false };
  }
  return { scheme: "unknown", why, expires: undefined };
}
