import ts from "typescript";
import { checkedEnvironment } from "./checked-environment.ts";
import { libraryCall } from "./evaluate-library.ts";
import { environmentVariable } from "./evaluate-variable.ts";
import { type Evaluator, type Frame, NO_FRAME } from "./evaluation.ts";
import { nodesOf, placeOf, textOf } from "./script-file.ts";
import { requiredModule } from "./script-modules.ts";
import { bindingOf } from "./script-scope.ts";
import { bare, calleeName, type FunctionNode, functionAround } from "./script-syntax.ts";
import {
  dependence,
  literal,
  property,
  propertyAt,
  shipped,
  truthOf,
  unknown,
  type Value,
} from "./script-value.ts";

type Call = ts.CallExpression | ts.NewExpression;

export function callValue(evaluator: Evaluator, node: Call, frame: Frame): Value {
  const place = placeOf(node);
  const isImport =
    ts.isCallExpression(node) && bare(node.expression).kind === ts.SyntaxKind.ImportKeyword;
  const isRequire = ts.isIdentifier(node.expression) && node.expression.text === "require";
  if (isImport || (isRequire && bindingOf(node.expression as ts.Identifier) === undefined)) {
    return required(evaluator, node, frame);
  }
  const read = reading(evaluator, node, frame);
  if (read !== undefined) return read;
  const callee = evaluator.evaluate(node.expression, frame);
  switch (callee.kind) {
    case "external":
      return (
        libraryCall(evaluator, node, callee.module, callee.path, frame) ?? {
          kind: "call",
          module: callee.module,
          path: callee.path,
          call: node,
          place,
        }
      );
    case "call":
      return (
        checkedEnvironment(evaluator, node, frame) ??
        ownMethod(evaluator, node, callee.isMember === true, frame) ?? {
          kind: "call",
          module: callee.module,
          path: [...callee.path, "()"],
          call: node,
          place,
        }
      );
    case "class":
      return { ...callee, isInstance: ts.isNewExpression(node) };
    case "function":
      return returned(evaluator, callee.node, node, frame);
    default:
      return textMethod(evaluator, node, frame) ?? byName(evaluator, node, frame);
  }
}

function required(evaluator: Evaluator, node: Call, frame: Frame): Value {
  const from = node.getSourceFile().fileName;
  const plain = requiredModule(node);
  if (plain !== undefined) return evaluator.moduleValue(from, plain, "*", node);
  const [argument] = node.arguments ?? [];
  const path = argument && shipped(evaluator.evaluate(argument, frame));
  if (path?.kind === "literal" && typeof path.value === "string") {
    return evaluator.moduleValue(from, path.value, "*", node);
  }
  return unknown("is a module whose name is computed", placeOf(node));
}

/** `config.get("a.b")`, `configService.get("NAME")`, `app.get("env")`: reading by a name that is written out. */
function reading(evaluator: Evaluator, node: Call, frame: Frame): Value | undefined {
  const callee = bare(node.expression);
  if (!ts.isPropertyAccessExpression(callee)) return undefined;
  const method = callee.name.text;
  if (!/^(?:get|getOrThrow|getString|getNumber|required)$/.test(method)) return undefined;
  const [first, second] = node.arguments ?? [];
  const argument = first && shipped(evaluator.evaluate(first, frame));
  if (argument?.kind !== "literal" || typeof argument.value !== "string") return undefined;
  const name = argument.value;
  if (name === "env" && /^(?:app|server|this\.app|express)$/.test(callee.expression.getText())) {
    return literal("production", placeOf(node), { inProduction: true });
  }
  const object = evaluator.evaluate(callee.expression, frame);
  const fallback = second && evaluator.evaluate(second, frame);
  if (object.kind === "external" && object.module === "config") {
    return evaluator.surroundings.setting([...object.path, ...name.split(".")]);
  }
  if (object.kind === "call" && object.module === "convict")
    return convictValue(evaluator, object.call, name);
  const isEnvironment = object.kind === "external" && object.module === "env-var";
  const isConfiguration = /config|env|settings/i.test(callee.expression.getText());
  if (!isEnvironment && !isConfiguration) return setBefore(evaluator, node, name);
  if (object.kind === "object") return propertyAt(object, name.split("."));
  if (/^[A-Z][A-Z0-9_]*$/.test(name)) {
    const value = environmentVariable(evaluator, name, node);
    return value.kind === "environment" && value.fallback === undefined && fallback !== undefined
      ? { ...value, fallback }
      : value;
  }
  const setting = evaluator.surroundings.setting(name.split("."));
  return (
    setting ??
    (fallback && unknown(`"${name}" is configured elsewhere`, placeOf(node), { fallback }))
  );
}

/** `app.set("name", value)` before `app.get("name")`. */
function setBefore(evaluator: Evaluator, node: Call, name: string): Value | undefined {
  for (const call of evaluator.surroundings
    .callsOf(node)
    .filter((one) => calleeName(one) === "set")) {
    const [key, value] = call.arguments ?? [];
    if (key && value && ts.isStringLiteralLike(key) && key.text === name)
      return evaluator.evaluate(value);
  }
  return undefined;
}

/** The `default` of a setting in a convict schema, and the variable that may override it. */
function convictValue(evaluator: Evaluator, call: Call, name: string): Value | undefined {
  const [schema] = call.arguments ?? [];
  if (schema === undefined) return undefined;
  const entry = propertyAt(evaluator.evaluate(schema), name.split("."));
  if (shipped(entry).kind !== "object") return undefined;
  const fallback = property(entry, "default");
  const variable = shipped(property(entry, "env"));
  if (variable.kind === "literal" && typeof variable.value === "string") {
    const set = evaluator.surroundings.environment.get(variable.value);
    if (set !== undefined) return literal(set.value, set.place);
    return { kind: "environment", name: variable.value, fallback, place: fallback.place };
  }
  return fallback;
}

/** What a function of the application gives back for these arguments. */
export function returned(
  evaluator: Evaluator,
  callee: FunctionNode,
  node: Call,
  frame: Frame,
): Value {
  const place = placeOf(node);
  const inner = new Map<ts.ParameterDeclaration, Value>();
  for (const [index, parameter] of callee.parameters.entries()) {
    const argument = node.arguments?.[index];
    if (argument !== undefined && !ts.isSpreadElement(argument)) {
      inner.set(parameter, evaluator.evaluate(argument, frame));
    } else if (argument === undefined) inner.set(parameter, literal(undefined, place));
  }
  const { body } = callee;
  if (body === undefined) return unknown("is declared without a body", place);
  if (!ts.isBlock(body)) return evaluator.evaluate(body, inner);
  const values = returnsOf(callee)
    .filter((one) => isReached(evaluator, one, callee, inner))
    .map((one) => evaluator.evaluate(one.expression as ts.Expression, inner));
  const known = values.filter(({ kind }) => kind !== "unknown");
  return (
    known.at(-1) ??
    values.at(-1) ??
    unknown(`${textOf(node.expression)} gives nothing back that can be followed`, place)
  );
}

function returnsOf(callee: FunctionNode): readonly ts.ReturnStatement[] {
  if (callee.body === undefined) return [];
  return [...nodesOf(callee.body)].filter(
    (node): node is ts.ReturnStatement =>
      ts.isReturnStatement(node) &&
      node.expression !== undefined &&
      functionAround(node) === callee,
  );
}

function isReached(
  evaluator: Evaluator,
  node: ts.Node,
  callee: FunctionNode,
  frame: Frame,
): boolean {
  let inner = node;
  for (let at = node.parent; at !== callee && at !== undefined; inner = at, at = at.parent) {
    if (!ts.isIfStatement(at) || inner === at.expression) continue;
    const isTrue = truthOf(evaluator.evaluate(at.expression, frame));
    if (isTrue !== undefined && isTrue !== (inner === at.thenStatement)) return false;
  }
  return functionAround(node) === callee;
}

/** A method of something a package made: an object of ours that it was given to keep. */
function ownMethod(
  evaluator: Evaluator,
  node: Call,
  isMember: boolean,
  frame: Frame,
): Value | undefined {
  const name = isMember ? (calleeName(node) ?? "") : "";
  // Short names are the package's own.
  if (name.length < 8) return undefined;
  const value = byName(evaluator, node, frame);
  return value.kind === "unknown" ? undefined : value;
}

/** A method of an object that cannot be followed, if only one function in the application has its name. */
function byName(evaluator: Evaluator, node: Call, frame: Frame): Value {
  const name = calleeName(node);
  const candidates = name === undefined ? [] : evaluator.surroundings.functionsNamed(name);
  const [only] = candidates;
  if (only !== undefined && candidates.length === 1) {
    const value = evaluator.declared(only, NO_FRAME);
    if (value.kind === "function") return returned(evaluator, value.node, node, frame);
  }
  return unknown(`${textOf(node)} cannot be followed`, placeOf(node));
}

/** Methods of text and numbers that configuration goes through. */
function textMethod(evaluator: Evaluator, node: Call, frame: Frame): Value | undefined {
  const callee = bare(node.expression);
  if (!ts.isPropertyAccessExpression(callee)) return undefined;
  const object = evaluator.evaluate(callee.expression, frame);
  const method = callee.name.text;
  const place = placeOf(node);
  if (method === "split") {
    const effective = shipped(object);
    if (effective.kind !== "literal" || typeof effective.value !== "string") return object;
    const separator = node.arguments?.[0] && shipped(evaluator.evaluate(node.arguments[0], frame));
    const by = separator?.kind === "literal" ? String(separator.value) : ",";
    return {
      kind: "array",
      items: effective.value.split(by).map((one) => literal(one, object.place)),
      place,
    };
  }
  if (method === "startsWith" || method === "endsWith" || method === "includes") {
    return textTest(evaluator, node, object, method, frame);
  }
  if (!TEXT_METHODS.has(method)) return undefined;
  if (object.kind === "environment") return object;
  const effective = shipped(object);
  if (effective.kind !== "literal" || typeof effective.value !== "string") return undefined;
  const text = effective.value;
  if (method === "toLowerCase") return { ...effective, value: text.toLowerCase() };
  if (method === "toUpperCase") return { ...effective, value: text.toUpperCase() };
  return method === "trim" ? { ...effective, value: text.trim() } : object;
}

/** Whether an address begins with `https` is as good as asking whether the site runs in production. */
function textTest(
  evaluator: Evaluator,
  node: Call,
  object: Value,
  method: "startsWith" | "endsWith" | "includes",
  frame: Frame,
): Value | undefined {
  const [first] = node.arguments ?? [];
  const wanted = first && shipped(evaluator.evaluate(first, frame));
  if (wanted?.kind !== "literal" || typeof wanted.value !== "string") return undefined;
  const effective = shipped(object);
  if (method === "includes" && effective.kind === "array") {
    const items = effective.items.map(shipped);
    const texts = items.flatMap((one) => (one.kind === "literal" ? [one.value] : []));
    const isThere = texts.includes(wanted.value);
    if (!isThere && texts.length < items.length) return undefined;
    return literal(isThere, placeOf(node), { ...dependence(wanted), written: textOf(node) });
  }
  if (effective.kind === "literal" && typeof effective.value === "string") {
    return literal(effective.value[method](wanted.value), placeOf(node), { written: textOf(node) });
  }
  if (!/^https/.test(wanted.value)) return undefined;
  return literal(true, placeOf(node), { inProduction: true, written: textOf(node) });
}

const TEXT_METHODS: ReadonlySet<string> = new Set([
  "toLowerCase",
  "toUpperCase",
  "trim",
  "toString",
  "padEnd",
  "padStart",
  "replace",
]);
