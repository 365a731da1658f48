/**
 * Rule: a session's secret does not stand in the source (CWE-798).
 * @module
 */
import {
  child,
  children,
  definitionOf,
  type Node,
  nameOf,
  type Rule,
  type RuleContext,
  stringOf,
} from "./rule.ts";
import { secretOptionsOf } from "./session-modules.ts";

export const noSessionSecretLiteral: Rule = {
  meta: {
    type: "problem",
    docs: { description: "A session's secret comes from the environment or a secret store." },
    hasSuggestions: true,
    schema: [],
    messages: {
      literal:
        'The secret of the session ("{{option}}") stands in the source: whoever reads it makes sessions that the server believes.',
      fallback:
        'The secret of the session ("{{option}}") falls back to a constant: without the variable, everybody knows it.',
      environment: "Take it from process.env.SESSION_SECRET.",
      strict: "Leave the fallback out.",
    },
  },
  create(context) {
    return {
      CallExpression(call) {
        const options = secretOptionsOf(context, call);
        if (options === undefined) return;
        for (const argument of children(call, "arguments")) {
          for (const [option, value] of secretsIn(context, argument, options)) {
            check(context, option, value);
          }
        }
      },
    };
  },
};

function* secretsIn(
  context: RuleContext,
  argument: Node,
  options: readonly string[],
): Generator<[string, Node]> {
  const object = argument.type === "Identifier" ? definitionOf(context, argument) : argument;
  if (object?.type !== "ObjectExpression") return;
  for (const property of children(object, "properties")) {
    const name = nameOf(property);
    const value = child(property, "value");
    if (name === undefined || value === undefined || !options.includes(name)) continue;
    const values = value.type === "ArrayExpression" ? children(value, "elements") : [value];
    for (const one of values) yield [name, one];
  }
}

function check(context: RuleContext, option: string, node: Node): void {
  const value = node.type === "Identifier" ? (definitionOf(context, node) ?? node) : node;
  if (value.type === "LogicalExpression" && stringOf(child(value, "right")) !== undefined) {
    const left = child(value, "left");
    context.report({
      node: value,
      messageId: "fallback",
      data: { option },
      suggest:
        left?.type === "MemberExpression"
          ? [{ messageId: "strict", fix: (fixer) => fixer.replaceText(value, textOf(left)) }]
          : [],
    });
    return;
  }
  if (!stringOf(value)) return;
  context.report({
    node: value,
    messageId: "literal",
    data: { option },
    suggest: [
      {
        messageId: "environment",
        fix: (fixer) => fixer.replaceText(value, "process.env.SESSION_SECRET"),
      },
    ],
  });
}

/** `process.env.NAME` as it was written; other shapes get no suggestion. */
function textOf(member: Node): string {
  const object = child(member, "object");
  const left = object?.type === "MemberExpression" ? textOf(object) : String(object?.name);
  return `${left}.${nameOf(member)}`;
}
