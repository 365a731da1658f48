/**
 * Environments that a schema checks: zod, envalid, joi, JSON schema and the like. What matters of a schema is
 * the default that it gives a missing variable.
 * @module
 */
import ts from "typescript";
import type { Tree } from "../tree.ts";
import type { Evaluator, Frame } from "./evaluation.ts";
import { nodesOf, parseScript, placeOf } from "./script-file.ts";
import { bindingOf } from "./script-scope.ts";
import { bare, calleeName, propertyName } from "./script-syntax.ts";
import { literal, shipped, type Value } from "./script-value.ts";

/** Functions that check an environment against fields, and where the fields are. */
const CHECKERS: ReadonlyMap<string, "callee" | number> = new Map<string, "callee" | number>([
  ["parse", "callee"],
  ["safeParse", "callee"],
  ["validate", "callee"],
  ["validateSync", "callee"],
  ["cleanEnv", 1],
  ["parseEnv", 1],
  ["createEnv", 0],
  ["envSchema", 0],
]);
const VARIABLE = /^[A-Z][A-Z0-9_]+$/;

/** The checked environment as an object of variables, if a call makes one. */
export function checkedEnvironment(
  evaluator: Evaluator,
  node: ts.CallExpression | ts.NewExpression,
  frame: Frame,
): Value | undefined {
  if (!ts.isCallExpression(node)) return undefined;
  const name = calleeName(node) ?? "";
  const where = CHECKERS.get(name);
  if (where === undefined) return undefined;
  const callee = bare(node.expression);
  const schema =
    where !== "callee"
      ? node.arguments[where]
      : ts.isPropertyAccessExpression(callee)
        ? callee.expression
        : undefined;
  const isOfEnvironment = node.getText().includes("env");
  const fields = schema && isOfEnvironment ? fieldsOf(schema, 0) : undefined;
  if (fields === undefined) return undefined;
  const properties = new Map<string, Value>();
  for (const field of fieldAssignments(fields)) {
    const key = propertyName(field.name);
    if (key !== undefined)
      properties.set(key, fieldValue(evaluator, key, field.initializer, frame));
  }
  const place = placeOf(node);
  const object: Value = { kind: "object", properties, isOpen: false, place };
  if (name === "safeParse") {
    const result = new Map<string, Value>([
      ["success", literal(true, place)],
      ["data", object],
    ]);
    return { kind: "object", properties: result, isOpen: false, place };
  }
  if (name !== "validate") return object;
  const result = new Map<string, Value>([
    ["value", object],
    ["error", literal(undefined, place)],
  ]);
  return { kind: "object", properties: result, isOpen: false, place };
}

/** The object literal that lists a schema's fields. */
function fieldsOf(schema: ts.Expression, depth: number): ts.ObjectLiteralExpression | undefined {
  if (depth > 12) return undefined;
  const node = bare(schema);
  if (ts.isObjectLiteralExpression(node)) return node;
  if (ts.isIdentifier(node)) {
    const binding = bindingOf(node);
    const initial = binding?.kind === "variable" ? binding.node.initializer : undefined;
    return initial && fieldsOf(initial, depth + 1);
  }
  if (!ts.isCallExpression(node)) return undefined;
  for (const argument of node.arguments) {
    if (ts.isObjectLiteralExpression(argument)) return argument;
  }
  const callee = bare(node.expression);
  return ts.isPropertyAccessExpression(callee) ? fieldsOf(callee.expression, depth + 1) : undefined;
}

/** Fields, also those one level down: `server: { NAME: … }`, `schema: { properties: { NAME: … } }`. */
function* fieldAssignments(
  object: ts.ObjectLiteralExpression,
  depth = 0,
): Generator<ts.PropertyAssignment> {
  for (const item of object.properties) {
    if (!ts.isPropertyAssignment(item)) continue;
    const value = bare(item.initializer);
    const isGroup = /^(?:server|shared|schema|properties)$/.test(propertyName(item.name) ?? "");
    if (isGroup && depth < 3 && ts.isObjectLiteralExpression(value)) {
      yield* fieldAssignments(value, depth + 1);
    } else yield item;
  }
}

function fieldValue(evaluator: Evaluator, name: string, field: ts.Expression, frame: Frame): Value {
  if (name === "NODE_ENV") {
    return literal("production", placeOf(field), { inProduction: true });
  }
  const set = evaluator.surroundings.environment.get(name);
  if (set !== undefined) return literal(set.value, set.place);
  const place = placeOf(field);
  const given = defaultOf(field);
  if (given === undefined) return { kind: "environment", name, place };
  const fallback = evaluator.evaluate(given, frame);
  return { kind: "environment", name, place, fallback: shipped(fallback) };
}

/** `z.string().default("x")`, `str({ default: "x" })`, `{ type: "string", default: "x" }`. */
function defaultOf(field: ts.Expression): ts.Expression | undefined {
  let node = bare(field);
  for (let depth = 0; depth < 20; depth += 1) {
    if (ts.isObjectLiteralExpression(node)) return namedDefault(node);
    if (!ts.isCallExpression(node)) return undefined;
    const [argument] = node.arguments;
    const callee = bare(node.expression);
    if (ts.isPropertyAccessExpression(callee)) {
      const isDefault = /^(?:default|catch|prefault)$/.test(callee.name.text);
      if (isDefault && argument !== undefined) return argument;
      if (argument !== undefined && ts.isObjectLiteralExpression(argument)) {
        const inner = namedDefault(argument);
        if (inner !== undefined) return inner;
      }
      node = bare(callee.expression);
    } else {
      if (argument === undefined || !ts.isObjectLiteralExpression(argument)) return undefined;
      return namedDefault(argument);
    }
  }
  return undefined;
}

function namedDefault(object: ts.ObjectLiteralExpression): ts.Expression | undefined {
  for (const item of object.properties) {
    if (ts.isPropertyAssignment(item) && propertyName(item.name) === "default")
      return item.initializer;
  }
  return undefined;
}

/** Variables that schemas of the application name, with their defaults: for checked environments handed around. */
export function schemaDefaults(
  evaluator: Evaluator,
  files: readonly string[],
): ReadonlyMap<string, Value> {
  const found = new Map<string, Value>();
  const { tree } = evaluator.surroundings;
  for (const file of files) {
    const text = tree.read(file);
    if (
      text === undefined ||
      !/fastify-env|@fastify\/env|env-schema|joi|zod|envalid|typebox/i.test(text)
    )
      continue;
    const source = parseScript(tree, file);
    if (source === undefined) continue;
    for (const node of nodesOf(source)) {
      if (!ts.isPropertyAssignment(node)) continue;
      const name = propertyName(node.name);
      if (name === undefined || !VARIABLE.test(name) || found.has(name)) continue;
      const initial = bare(node.initializer);
      const isField =
        ts.isCallExpression(initial) ||
        (ts.isObjectLiteralExpression(initial) &&
          initial.properties.some((item) =>
            /^(?:type|default)$/.test(propertyName(item.name) ?? ""),
          ));
      if (isField) found.set(name, fieldValue(evaluator, name, node.initializer, new Map()));
    }
  }
  return found;
}

/** The plug-in for Fastify keeps what its schema names and drops the rest, NODE_ENV among it. */
export function leavesOut(tree: Tree, files: readonly string[], name: string): boolean {
  const uses = files.some((file) =>
    /["'](?:@fastify\/env|fastify-env)["']/.test(tree.read(file) ?? ""),
  );
  if (!uses) return false;
  const named = new RegExp(`\\b${name}\\b["']?\\s*:|additionalProperties["']?\\s*:\\s*true`);
  return !files.some((file) => {
    const text = tree.read(file) ?? "";
    return /\bproperties\b|Type\.Object|S\.object/.test(text) && named.test(text);
  });
}
