/**
 * Rule: an identity is written into a session that was rotated just before (CWE-384; ASVS 5.0, 7.2.4).
 * @module
 */
import { child, type Node, nameOf, type Rule, type RuleContext } from "./rule.ts";

/** Keys that say who somebody is. */
const IDENTITY =
  /^(user|users?_?id|uid|user_?name|account|account_?id|member|member_?id|customer_?id|admin|is_?(auth|authenticated|logged_?in|admin)|logged_?in|authenticated|identity|principal)$/i;

/** Calls that give a session a new id, or do it themselves. */
const ROTATION = /^(regenerate|regenerateId|regenerateSession|rotate|signIn|logIn|login|renew)$/;

export const rotateOnSignIn: Rule = {
  meta: {
    type: "problem",
    docs: { description: "A session gets a new id before an identity is written into it." },
    schema: [],
    messages: {
      rotate:
        '"session.{{key}}" says who somebody is, and the session keeps its id: whoever planted the id is signed in too. Call regenerate() first, and write the identity in its callback.',
    },
  },
  create(context) {
    // Functions that rotate, or stand inside a call that does: what follows in them is safe.
    const rotated = new Set<Node>();
    return {
      CallExpression(call) {
        const callee = child(call, "callee");
        if (callee?.type !== "MemberExpression" || !ROTATION.test(nameOf(callee) ?? "")) return;
        const enclosing = functionOf(call);
        if (enclosing !== undefined) rotated.add(enclosing);
      },
      AssignmentExpression(assignment) {
        const target = child(assignment, "left");
        const key = identityKey(target);
        if (key === undefined || isCleared(child(assignment, "right"))) return;
        if (!isRotated(assignment, rotated)) report(context, assignment, key);
      },
    };
  },
};

function report(context: RuleContext, node: Node, key: string): void {
  context.report({ node, messageId: "rotate", data: { key } });
}

/** The key, if the target is `….session.<key>` and the key says who somebody is. */
function identityKey(target: Node | undefined): string | undefined {
  if (target?.type !== "MemberExpression") return undefined;
  const object = child(target, "object");
  const isSession =
    (object?.type === "MemberExpression" && nameOf(object) === "session") ||
    (object?.type === "Identifier" && object.name === "session");
  const key = nameOf(target);
  return isSession && key !== undefined && IDENTITY.test(key) ? key : undefined;
}

/** Signing out, not in. */
function isCleared(value: Node | undefined): boolean {
  if (value?.type === "Literal")
    return value.value === null || value.value === false || value.value === "";
  return value?.type === "Identifier" && value.name === "undefined";
}

const FUNCTION = /Function/;

function functionOf(node: Node): Node | undefined {
  let current = node.parent;
  while (current && !FUNCTION.test(current.type)) current = current.parent;
  return current ?? undefined;
}

/** Whether a function around the node rotated before it: rules see a file from top to bottom. */
function isRotated(node: Node, rotated: ReadonlySet<Node>): boolean {
  for (let current = functionOf(node); current !== undefined; current = functionOf(current)) {
    if (rotated.has(current)) return true;
  }
  return false;
}
