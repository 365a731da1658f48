/**
 * Object and array literals, spreads included.
 * @module
 */
import ts from "typescript";
import type { Evaluator, Frame } from "./evaluation.ts";
import { placeOf } from "./script-file.ts";
import { propertyName } from "./script-syntax.ts";
import { merged, type ObjectValue, shipped, unknown, type Value } from "./script-value.ts";

export function objectLiteral(
  evaluator: Evaluator,
  node: ts.ObjectLiteralExpression,
  frame: Frame,
): ObjectValue {
  const place = placeOf(node);
  let properties = new Map<string, Value>();
  let isOpen = false;
  const set = (name: string | undefined, value: Value): void => {
    if (name === undefined) isOpen = true;
    else properties.set(name, value);
  };
  for (const item of node.properties) {
    if (ts.isSpreadAssignment(item)) {
      const base: ObjectValue = { kind: "object", properties, isOpen, place };
      const joined = merged(base, evaluator.evaluate(item.expression, frame));
      properties = new Map(joined.properties);
      isOpen = joined.isOpen;
    } else if (ts.isPropertyAssignment(item)) {
      set(keyOf(evaluator, item.name, frame), evaluator.evaluate(item.initializer, frame));
    } else if (ts.isShorthandPropertyAssignment(item)) {
      set(item.name.text, evaluator.evaluate(item.name, frame));
    } else if (ts.isGetAccessor(item)) {
      const body = item.body?.statements.find(ts.isReturnStatement)?.expression;
      const value = body && evaluator.evaluate(body, frame);
      set(propertyName(item.name), value ?? unknown("is computed by a getter", placeOf(item)));
    } else if (ts.isMethodDeclaration(item)) {
      set(propertyName(item.name), { kind: "function", node: item, place: placeOf(item) });
    }
  }
  return { kind: "object", properties, isOpen, place };
}

function keyOf(evaluator: Evaluator, name: ts.PropertyName, frame: Frame): string | undefined {
  const plain = propertyName(name);
  if (plain !== undefined || !ts.isComputedPropertyName(name)) return plain;
  const value = shipped(evaluator.evaluate(name.expression, frame));
  return value.kind === "literal" && typeof value.value === "string" ? value.value : undefined;
}

export function arrayLiteral(
  evaluator: Evaluator,
  node: ts.ArrayLiteralExpression,
  frame: Frame,
): Value {
  const items: Value[] = [];
  for (const element of node.elements) {
    if (!ts.isSpreadElement(element)) items.push(evaluator.evaluate(element, frame));
    else {
      const inner = shipped(evaluator.evaluate(element.expression, frame));
      if (inner.kind === "array") items.push(...inner.items);
      else items.push(unknown("is spread in", placeOf(element)));
    }
  }
  return { kind: "array", items, place: placeOf(node) };
}
