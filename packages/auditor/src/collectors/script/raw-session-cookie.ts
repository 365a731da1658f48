/**
 * Where code reads or writes a session's cookie by its name, past the library that keeps it.
 * @module
 */
import ts from "typescript";
import type { Observation } from "../../evidence.ts";
import { nodesOf, placeOf } from "./script-file.ts";

/** Names that libraries give to their cookies and that nothing else has. */
export const SESSION_COOKIE_NAMES: readonly string[] = [
  "connect.sid",
  "koa.sess",
  "koa.sid",
  "__Host-sid",
  "__Host-anon",
  "next-auth.session-token",
  "__Secure-next-auth.session-token",
  "better-auth.session_token",
];

/** Methods that write a cookie: `res.cookie`, `reply.setCookie`. */
const WRITERS = /^(cookie|setCookie)$/;

const REMEDY = "Ask the session library: its flags, signature and rotation are lost by hand.";

/** @param names Names of the application's session cookies. */
export function rawSessionCookies(
  source: ts.SourceFile,
  names: ReadonlySet<string> = new Set(SESSION_COOKIE_NAMES),
): Observation[] {
  const seen: Observation[] = [];
  const add = (node: ts.Node, name: string, verb: "written" | "read"): void => {
    const what = `The session cookie ${name} is ${verb} by hand.`;
    seen.push({ topic: "session-api", place: placeOf(node), kind: "fault", what, remedy: REMEDY });
  };
  for (const node of nodesOf(source)) {
    if (ts.isCallExpression(node)) {
      const [verb, name] = cookieCall(node, names) ?? [];
      if (verb !== undefined && name !== undefined) add(node, name, verb);
    } else if (ts.isElementAccessExpression(node) && isJar(node.expression)) {
      const name = textOf(node.argumentExpression);
      if (name !== undefined && names.has(name)) add(node, name, "read");
    }
  }
  return seen;
}

function cookieCall(
  { expression, arguments: [first, second] }: ts.CallExpression,
  names: ReadonlySet<string>,
): ["written" | "read", string] | undefined {
  if (!ts.isPropertyAccessExpression(expression)) return undefined;
  const method = expression.name.text;
  const name = textOf(first);
  if (name === undefined) return undefined;
  if (/^(setHeader|header|append)$/.test(method) && name.toLowerCase() === "set-cookie") {
    const text = textOf(second);
    const written = [...names].find((candidate) => text?.startsWith(`${candidate}=`));
    return written === undefined ? undefined : ["written", written];
  }
  if (!names.has(name)) return undefined;
  const owner = expression.expression;
  const isOfJar = isJar(owner) || isJarCall(owner);
  if (WRITERS.test(method) || (isOfJar && method === "set")) return ["written", name];
  return isOfJar && method === "get" ? ["read", name] : undefined;
}

/** `(await cookies())` of Next. */
function isJarCall(node: ts.Expression): boolean {
  if (ts.isParenthesizedExpression(node) || ts.isAwaitExpression(node)) {
    return isJarCall(node.expression);
  }
  return ts.isCallExpression(node) && isJar(node.expression);
}

/** `req.cookies`, `ctx.cookies`, `cookies`. */
function isJar(node: ts.Expression): boolean {
  const name = ts.isPropertyAccessExpression(node)
    ? node.name.text
    : ts.isIdentifier(node)
      ? node.text
      : "";
  return name === "cookies" || name === "signedCookies";
}

function textOf(node: ts.Expression | undefined): string | undefined {
  return node !== undefined && ts.isStringLiteralLike(node) ? node.text : undefined;
}
