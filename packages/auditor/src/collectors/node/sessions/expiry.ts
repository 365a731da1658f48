/**
 * Lifetimes written as an instant: `expires: new Date(Date.now() + span)`.
 * @module
 */
import ts from "typescript";
import type { ScriptProject } from "../../script/script-project.ts";
import { bare } from "../../script/script-syntax.ts";
import { property, shipped, unknown, type Value } from "../../script/script-value.ts";

/** The span in milliseconds, if the options have `expires` and no `maxAge`; `undefined` if they have none. */
export function expiryOf(project: ScriptProject, options: Value): Value | undefined {
  const maxAge = property(options, "maxAge");
  if (maxAge.kind !== "literal" || maxAge.value !== undefined) return undefined;
  const expires = property(options, "expires");
  const effective = shipped(expires);
  if (effective.kind === "literal") return effective.value === undefined ? undefined : effective;
  if (effective.kind !== "call") return undefined;
  const [argument] = effective.call.arguments ?? [];
  const sum = argument && bare(argument);
  if (sum === undefined || !ts.isBinaryExpression(sum)) {
    return unknown("is an instant that cannot be followed", effective.place);
  }
  const isNow = (node: ts.Expression) => /Date\.now\(\)|new Date|getTime\(\)/.test(node.getText());
  if (isNow(sum.left)) return project.evaluator.evaluate(sum.right);
  return isNow(sum.right) ? project.evaluator.evaluate(sum.left) : undefined;
}
