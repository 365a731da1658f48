/**
 * Functions that a Passport strategy checks credentials with: Passport calls them, and nobody else.
 * @module
 */
import ts from "typescript";
import { nodesOf } from "../../script/script-file.ts";
import type { ScriptProject } from "../../script/script-project.ts";
import { bare, type FunctionNode } from "../../script/script-syntax.ts";
import { handlerOf } from "./call-targets.ts";
import { packageOf } from "./protections.ts";

export function verifiersOf(project: ScriptProject): readonly FunctionNode[] {
  const found: FunctionNode[] = [];
  for (const source of project.filesWith(/Strategy|passport-/)) {
    for (const node of nodesOf(source)) {
      if (ts.isNewExpression(node) && isStrategy(project, node)) {
        for (const argument of node.arguments ?? []) {
          if (ts.isObjectLiteralExpression(bare(argument))) continue;
          const verifier = handlerOf(project, argument);
          if (verifier !== undefined) found.push(verifier);
        }
      }
      // Nest: class LocalStrategy extends PassportStrategy(Strategy) { validate() {} }
      const isNest =
        ts.isClassDeclaration(node) && /Strategy/.test(node.heritageClauses?.[0]?.getText() ?? "");
      for (const member of isNest ? node.members : []) {
        if (ts.isMethodDeclaration(member) && member.name.getText() === "validate")
          found.push(member);
      }
    }
  }
  return found;
}

function isStrategy(project: ScriptProject, node: ts.NewExpression): boolean {
  if (/Strategy$/.test(node.expression.getText())) return true;
  return /^passport-/.test(packageOf(project.evaluator.evaluate(node.expression)) ?? "");
}
