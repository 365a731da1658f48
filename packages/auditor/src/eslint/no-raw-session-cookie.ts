/**
 * Rule: the session's cookie is written and read by the session library alone.
 * @module
 */
import {
  child,
  children,
  type Node,
  nameOf,
  type Rule,
  type RuleContext,
  stringOf,
} from "./rule.ts";

/** Names that libraries give to their cookies. */
const DEFAULT_NAMES = [
  "connect.sid",
  "koa.sess",
  "koa.sid",
  "sessionId",
  "session",
  "sid",
  "__Host-sid",
  "__Host-anon",
  "next-auth.session-token",
  "__Secure-next-auth.session-token",
  "better-auth.session_token",
];

/** Calls that write a cookie, by the name of the method: `res.cookie`, `reply.setCookie`, `cookies.set`. */
const WRITERS = /^(cookie|setCookie|clearCookie)$/;

export const noRawSessionCookie: Rule = {
  meta: {
    type: "problem",
    docs: { description: "The session's cookie is left to the session library." },
    schema: [
      {
        type: "object",
        properties: { names: { type: "array", items: { type: "string" }, uniqueItems: true } },
        additionalProperties: false,
      },
    ],
    messages: {
      write:
        'The session cookie "{{name}}" is written by hand: its flags, its signature and its rotation are the session library\'s business.',
      read: 'The session cookie "{{name}}" is read by hand, past the checks of the session library. Ask the session.',
    },
  },
  create(context) {
    const [options] = context.options as readonly [{ readonly names?: readonly string[] }?];
    const names: ReadonlySet<string> = new Set([...DEFAULT_NAMES, ...(options?.names ?? [])]);
    return {
      CallExpression(call) {
        const [first, second] = children(call, "arguments");
        const callee = child(call, "callee");
        const method = nameOf(callee);
        const name = stringOf(first);
        if (method === undefined || name === undefined) return;
        const owner = child(callee, "object");
        const isJar =
          owner?.type === "CallExpression" ||
          nameOf(owner) === "cookies" ||
          owner?.name === "cookies";
        if (names.has(name) && (WRITERS.test(method) || (isJar && method === "set"))) {
          // Clearing it beside destroying the session is how a sign-out is written.
          if (method !== "clearCookie") write(context, call, name);
        } else if (names.has(name) && isJar && method === "get") {
          context.report({ node: call, messageId: "read", data: { name } });
        } else if (
          /^(setHeader|header|append)$/.test(method) &&
          name.toLowerCase() === "set-cookie"
        ) {
          const written = [...names].find((candidate) =>
            stringOf(second)?.startsWith(`${candidate}=`),
          );
          if (written !== undefined) write(context, call, written);
        }
      },
      MemberExpression(member) {
        const owner = child(member, "object");
        const isJar =
          owner?.type === "MemberExpression" &&
          /^(cookies|signedCookies)$/.test(nameOf(owner) ?? "");
        const name = nameOf(member);
        const isCalled =
          member.parent?.type === "CallExpression" && child(member.parent, "callee") === member;
        if (!isJar || isCalled || name === undefined || !names.has(name)) return;
        context.report({ node: member, messageId: "read", data: { name } });
      },
    };
  },
};

function write(context: RuleContext, node: Node, name: string): void {
  context.report({ node, messageId: "write", data: { name } });
}
