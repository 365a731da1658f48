/**
 * Configurations of Nest applications: `registerAs("name", () => ({ … }))` and functions that are loaded.
 * @module
 */
import ts from "typescript";
import type { Tree } from "../tree.ts";
import { returned } from "./evaluate-call.ts";
import { type Evaluator, NO_FRAME } from "./evaluation.ts";
import { nodesOf, parseScript } from "./script-file.ts";
import { calleeName, propertyName } from "./script-syntax.ts";
import { shipped, type Value } from "./script-value.ts";

/** What can be read by name, each top-level key of a loaded configuration too. */
export function configurationsOf(
  evaluator: Evaluator,
  tree: Tree,
  files: readonly string[],
): ReadonlyMap<string, Value> {
  const found = new Map<string, Value>();
  for (const file of files) {
    const text = tree.read(file);
    if (text === undefined || !/registerAs|load\s*:/.test(text)) continue;
    const source = parseScript(tree, file);
    if (source === undefined) continue;
    for (const node of nodesOf(source)) {
      if (ts.isCallExpression(node)) addRegistered(evaluator, node, found);
      else if (ts.isPropertyAssignment(node) && propertyName(node.name) === "load") {
        addLoaded(evaluator, node.initializer, found);
      }
    }
  }
  return found;
}

function addRegistered(
  evaluator: Evaluator,
  node: ts.CallExpression,
  found: Map<string, Value>,
): void {
  const [name, make] = node.arguments;
  if (calleeName(node) !== "registerAs" || name === undefined || make === undefined) return;
  const key = shipped(evaluator.evaluate(name));
  const value = evaluator.evaluate(make);
  if (key.kind !== "literal" || value.kind !== "function") return;
  found.set(String(key.value), returned(evaluator, value.node, node, NO_FRAME));
}

function addLoaded(evaluator: Evaluator, list: ts.Expression, found: Map<string, Value>): void {
  if (!ts.isArrayLiteralExpression(list)) return;
  for (const element of list.elements) {
    const value = evaluator.evaluate(element);
    if (value.kind !== "function" || !ts.isCallExpression(list.parent.parent.parent)) continue;
    const made = shipped(returned(evaluator, value.node, list.parent.parent.parent, NO_FRAME));
    if (made.kind !== "object") continue;
    for (const [key, one] of made.properties) if (!found.has(key)) found.set(key, one);
  }
}
