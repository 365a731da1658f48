/**
 * JSON files as values with places, read once: settings are few, translations and data are many and large.
 * @module
 */
import ts from "typescript";
import type { Place } from "../../evidence.ts";
import type { Tree } from "../tree.ts";
import { propertyName } from "./script-syntax.ts";
import { literal, unknown, type Value } from "./script-value.ts";

/** Of one file; what comes after is no configuration. */
const MAX_VALUES = 20_000;
const MAX_DEPTH = 60;

const known = new WeakMap<Tree, Map<string, Value | undefined>>();

/** @returns `undefined` if there is no such file, or no value in it. */
export function jsonFile(tree: Tree, file: string): Value | undefined {
  const files = known.get(tree) ?? new Map<string, Value | undefined>();
  known.set(tree, files);
  if (!files.has(file)) files.set(file, parsed(tree, file));
  return files.get(file);
}

function parsed(tree: Tree, file: string): Value | undefined {
  const text = tree.read(file);
  if (text === undefined) return undefined;
  try {
    const source = ts.parseJsonText(file, text);
    const [statement] = source.statements;
    return statement && new JsonReader(source).read(statement.expression, 0);
  } catch (error) {
    // The parser recurses: brackets nested without end exhaust the stack.
    const name = error instanceof Error ? error.name : "error";
    tree.report({ file, why: `cannot be parsed (${name})` });
    return undefined;
  }
}

class JsonReader {
  readonly #source: ts.JsonSourceFile;
  #left = MAX_VALUES;

  constructor(source: ts.JsonSourceFile) {
    this.#source = source;
  }

  read(node: ts.Expression, depth: number): Value {
    const place = this.#placeOf(node);
    this.#left -= 1;
    if (this.#left <= 0 || depth > MAX_DEPTH) return unknown("is one value of too many", place);
    if (ts.isStringLiteralLike(node)) return literal(node.text, place);
    if (ts.isNumericLiteral(node)) return literal(Number(node.text), place);
    if (ts.isObjectLiteralExpression(node)) {
      const properties = new Map<string, Value>();
      for (const item of node.properties) {
        const name = propertyName(item.name);
        if (!ts.isPropertyAssignment(item) || name === undefined) continue;
        properties.set(name, this.read(item.initializer, depth + 1));
        if (this.#left <= 0) break;
      }
      return { kind: "object", properties, isOpen: this.#left <= 0, place };
    }
    if (ts.isArrayLiteralExpression(node)) {
      const items: Value[] = [];
      for (const element of node.elements) {
        items.push(this.read(element, depth + 1));
        if (this.#left <= 0) break;
      }
      return { kind: "array", items, place };
    }
    if (ts.isPrefixUnaryExpression(node) && ts.isNumericLiteral(node.operand)) {
      return literal(-Number(node.operand.text), place);
    }
    if (node.kind === ts.SyntaxKind.TrueKeyword) return literal(true, place);
    if (node.kind === ts.SyntaxKind.FalseKeyword) return literal(false, place);
    return node.kind === ts.SyntaxKind.NullKeyword
      ? literal(null, place)
      : unknown("is no JSON", place);
  }

  #placeOf(node: ts.Node): Place {
    const start = node.getStart(this.#source);
    const { line, character } = this.#source.getLineAndCharacterOfPosition(start);
    const span = { start, end: node.getEnd() };
    return { file: this.#source.fileName, line: line + 1, column: character + 1, span };
  }
}
