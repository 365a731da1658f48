/**
 * Whether code is used, and comparisons of order: what checks of times have in common.
 * @module
 */
import ts from "typescript";
import type { ScriptProject } from "../../script/script-project.ts";
import { identifiersOf } from "../../script/script-scope.ts";
import { type FunctionNode, functionName } from "../../script/script-syntax.ts";
import { routesTo } from "./routes.ts";

/** Whether somebody calls a function or hands it on; one without a name is where it is used. */
export function isUsed(project: ScriptProject, node: FunctionNode | undefined): boolean {
  const name = node && functionName(node);
  if (node === undefined || name === undefined) return true;
  if (routesTo(project, node).length > 0 || project.callsOf(node).length > 0) return true;
  return project
    .filesWith(new RegExp(`(?<![\\w$])${name.replaceAll("$", "\\$")}(?![\\w$])`))
    .flatMap((source) => identifiersOf(source, name))
    .some(({ parent }) => {
      const isGiven = ts.isPropertyAccessExpression(parent) ? parent.parent : parent;
      return ts.isCallExpression(isGiven) || ts.isArrayLiteralExpression(isGiven);
    });
}

const COMPARES: ReadonlySet<ts.SyntaxKind> = new Set([
  ts.SyntaxKind.LessThanToken,
  ts.SyntaxKind.LessThanEqualsToken,
  ts.SyntaxKind.GreaterThanToken,
  ts.SyntaxKind.GreaterThanEqualsToken,
]);

/** `a < b` and the like. */
export function isOrder(node: ts.Node): node is ts.BinaryExpression {
  return ts.isBinaryExpression(node) && COMPARES.has(node.operatorToken.kind);
}
