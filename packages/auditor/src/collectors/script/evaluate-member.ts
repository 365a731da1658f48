/**
 * Properties of `this`, and modules as objects.
 * @module
 */
import ts from "typescript";
import { parameterValue } from "./evaluate-variable.ts";
import type { Evaluator, Frame } from "./evaluation.ts";
import { placeOf } from "./script-file.ts";
import { exportsOf } from "./script-modules.ts";
import { identifiersOf } from "./script-scope.ts";
import { chainOf } from "./script-syntax.ts";
import { unknown, type Value } from "./script-value.ts";

/** `this.x`: what the class or its constructor says, or any assignment to it in the same file. */
export function memberOfThis(
  evaluator: Evaluator,
  node: ts.PropertyAccessExpression | ts.ElementAccessExpression,
  key: string,
  frame: Frame,
): Value {
  const source = node.getSourceFile();
  const place = placeOf(node);
  const found: ts.Node[] = [];
  for (const use of identifiersOf(source, key)) {
    const { parent } = use;
    const isMember =
      (ts.isPropertyDeclaration(parent) ||
        ts.isMethodDeclaration(parent) ||
        ts.isPropertyAssignment(parent)) &&
      parent.name === use;
    if (isMember && !ts.isPropertyAssignment(parent)) found.push(parent);
    if (
      ts.isParameter(parent) &&
      parent.name === use &&
      ts.isParameterPropertyDeclaration(parent, parent.parent)
    ) {
      found.push(parent);
    }
    if (!ts.isPropertyAccessExpression(parent) || parent.name !== use) continue;
    const root = chainOf(parent)?.[0];
    const isAssigned =
      ts.isBinaryExpression(parent.parent) &&
      parent.parent.left === parent &&
      parent.parent.operatorToken.kind === ts.SyntaxKind.EqualsToken;
    const isOwn = root === "this" || root === "self" || root === "that";
    if (isAssigned && isOwn && chainOf(parent)?.length === 2) found.push(parent.parent);
  }
  const values = found.flatMap((one) => {
    if (ts.isMethodDeclaration(one)) return [evaluator.declared(one)];
    if (ts.isPropertyDeclaration(one)) {
      return one.initializer === undefined ? [] : [evaluator.evaluate(one.initializer, frame)];
    }
    if (ts.isParameter(one)) return [parameterValue(evaluator, one, frame)];
    return [evaluator.evaluate((one as ts.BinaryExpression).right, frame)];
  });
  const telling = values.filter(
    (value) => !(value.kind === "literal" && (value.value === null || value.value === undefined)),
  );
  const [only] = telling;
  if (only !== undefined && telling.length === 1) return only;
  return (
    telling.find((value) => value.kind === "object") ??
    unknown(`"${key}" of an object is set elsewhere`, place)
  );
}

/** A whole module: its exports by name. */
export function moduleObject(evaluator: Evaluator, source: ts.SourceFile, node: ts.Node): Value {
  const properties = new Map<string, Value>();
  const { named, passed, stars } = exportsOf(source);
  for (const [name, exported] of named) properties.set(name, evaluator.declared(exported));
  for (const [name, from] of passed) {
    properties.set(name, evaluator.moduleValue(source.fileName, from.module, from.name, node));
  }
  if (named.size + passed.size === 0 && stars.length === 0) {
    return unknown(`${source.fileName} exports nothing that can be followed`, placeOf(node));
  }
  return { kind: "object", properties, isOpen: stars.length > 0, place: placeOf(source) };
}
