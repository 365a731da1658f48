/**
 * Which calls set sessions up, and which of their options are secrets.
 * @module
 */
import { child, children, definitionOf, type Node, type RuleContext, stringOf } from "./rule.ts";

/** Options that hold a secret, by package. */
const SECRET_OPTIONS: Readonly<Record<string, readonly string[]>> = {
  "express-session": ["secret"],
  "cookie-session": ["keys", "secret"],
  "@fastify/session": ["secret"],
  "fastify-session": ["secret"],
  "@fastify/secure-session": ["secret", "key"],
  "fastify-secure-session": ["secret", "key"],
  "iron-session": ["password"],
  "hono-sessions": ["encryptionKey"],
  "next-auth": ["secret"],
  "better-auth": ["secret"],
};

/** The options that are secrets, if the call sets sessions up. */
export function secretOptionsOf(context: RuleContext, call: Node): readonly string[] | undefined {
  const callee = child(call, "callee");
  const named = moduleOf(context, callee);
  if (named !== undefined) return SECRET_OPTIONS[named];
  // Fastify takes the plug-in as the first argument.
  const isRegister =
    callee?.type === "MemberExpression" && child(callee, "property")?.name === "register";
  const plugin = isRegister ? moduleOf(context, children(call, "arguments")[0]) : undefined;
  return plugin === undefined ? undefined : SECRET_OPTIONS[plugin];
}

/** The package that an expression comes from: an imported name, or `require("…")`. */
function moduleOf(context: RuleContext, node: Node | undefined): string | undefined {
  if (node?.type === "Identifier") {
    const definition = definitionOf(context, node);
    if (definition?.type === "ImportDeclaration") return stringOf(child(definition, "source"));
    return moduleOf(context, definition?.type === "Identifier" ? undefined : definition);
  }
  if (node?.type === "MemberExpression") return moduleOf(context, child(node, "object"));
  const isRequire = node?.type === "CallExpression" && child(node, "callee")?.name === "require";
  return isRequire ? stringOf(children(node, "arguments")[0]) : undefined;
}
