/**
 * Values behind imports: a module of the tree, a JSON file, or a package that is only a name.
 * @module
 */
import ts from "typescript";
import { moduleObject } from "./evaluate-member.ts";
import { type Evaluator, type Frame, NO_FRAME } from "./evaluation.ts";
import { jsonFile } from "./json-file.ts";
import { parseScript, placeOf } from "./script-file.ts";
import { findExport, resolveModule } from "./script-modules.ts";
import { isFunctionNode, propertyName } from "./script-syntax.ts";
import { property, unknown, type Value } from "./script-value.ts";

export function moduleValue(
  evaluator: Evaluator,
  from: string,
  specifier: string,
  name: string,
  node: ts.Node,
): Value {
  const { tree } = evaluator.surroundings;
  const place = placeOf(node);
  const file = resolveModule(tree, from, specifier);
  if (file === undefined) {
    if (specifier.startsWith(".") || specifier.startsWith("/")) {
      return unknown(`is in ${specifier}, which is not there`, place);
    }
    const path = name === "*" || name === "default" ? [] : [name];
    return { kind: "external", module: specifier.replace(/^node:/, ""), path, place };
  }
  return fileValue(evaluator, file, name, node);
}

/** The value of a file's export, or of the whole module for `"*"`. */
export function fileValue(evaluator: Evaluator, file: string, name: string, node: ts.Node): Value {
  const { tree } = evaluator.surroundings;
  const place = placeOf(node);
  if (file.endsWith(".json")) {
    const value = jsonFile(tree, file);
    if (value === undefined) return unknown(`is in ${file}, which cannot be read`, place);
    return name === "*" || name === "default" ? value : property(value, name);
  }
  const found = findExport(tree, file, name);
  if (found !== undefined) {
    if ("node" in found) return declared(evaluator, found.node, NO_FRAME);
    if (found.name === "*") return fileValue(evaluator, found.module, "*", node);
    return evaluator.moduleValue(file, found.module, found.name, node);
  }
  const source = parseScript(tree, file);
  if (source === undefined) return unknown(`is in ${file}, which cannot be read`, place);
  const whole = findExport(tree, file, "default");
  if (name === "default" || name === "*") {
    if (name === "*" && whole !== undefined && "node" in whole) {
      const isCommon = !/^\s*export\s/m.test(source.text);
      if (isCommon) return declared(evaluator, whole.node, NO_FRAME);
    }
    return moduleObject(evaluator, source, node);
  }
  if (whole !== undefined && "node" in whole) {
    return property(declared(evaluator, whole.node, NO_FRAME), name);
  }
  return unknown(`"${name}" is not exported by ${file}`, place);
}

export function declared(evaluator: Evaluator, node: ts.Node, frame: Frame): Value {
  const place = placeOf(node);
  if (isFunctionNode(node)) return { kind: "function", node, place };
  if (ts.isClassLike(node)) return { kind: "class", node, place, isInstance: false };
  if (ts.isEnumDeclaration(node)) {
    const properties = new Map<string, Value>();
    for (const { name, initializer } of node.members) {
      const key = propertyName(name);
      if (key !== undefined && initializer)
        properties.set(key, evaluator.evaluate(initializer, frame));
    }
    return { kind: "object", properties, isOpen: false, place };
  }
  if (ts.isExpression(node)) return evaluator.evaluate(node, frame);
  return unknown("is declared in a way that is not followed", place);
}
