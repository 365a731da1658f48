/**
 * Variables, parameters and properties of `this`: their first value, and what is done to them afterwards.
 * @module
 */
import ts from "typescript";
import type { Evaluator, Frame } from "./evaluation.ts";
import { placeOf, textOf } from "./script-file.ts";
import { type Binding, usesOf } from "./script-scope.ts";
import { bare, calleeName, isFunctionNode, isWithin } from "./script-syntax.ts";
import {
  defaulted,
  literal,
  merged,
  mergedDeep,
  propertyAt,
  shipped,
  truthOf,
  unknown,
  type Value,
  withProperty,
} from "./script-value.ts";

/** A variable of the environment: what runs in production, a committed value, or the deployment's own. */
export function environmentVariable(evaluator: Evaluator, name: string, node: ts.Node): Value {
  const place = placeOf(node);
  if (name === "NODE_ENV") return literal("production", place, { inProduction: true });
  const set = evaluator.surroundings.environment.get(name);
  if (set !== undefined) return literal(set.value, set.place);
  const fallback = evaluator.surroundings.schemaDefault(name);
  return { kind: "environment", name, place, ...(fallback && { fallback: shipped(fallback) }) };
}

export function variableValue(
  evaluator: Evaluator,
  node: ts.Identifier,
  binding: Extract<Binding, { kind: "variable" | "parameter" }>,
  frame: Frame,
): Value {
  const whole =
    binding.kind === "parameter"
      ? parameterValue(evaluator, binding.node, frame)
      : assembled(evaluator, node.text, binding, frame);
  const value = propertyAt(whole, binding.path);
  if (binding.fallback === undefined) return value;
  const isAbsent = value.kind === "literal" && value.value === undefined;
  if (isAbsent) return evaluator.evaluate(binding.fallback, frame);
  const canBeAbsent = value.kind === "environment" || value.kind === "unknown";
  if (!canBeAbsent || value.fallback !== undefined) return value;
  return { ...value, fallback: evaluator.evaluate(binding.fallback, frame) };
}

/** What a parameter is given: by the frame, by its default, or by the only call there is. */
export function parameterValue(
  evaluator: Evaluator,
  node: ts.ParameterDeclaration,
  frame: Frame,
): Value {
  const given = frame.get(node);
  if (given !== undefined && !(given.kind === "literal" && given.value === undefined)) return given;
  const byDefault = node.initializer && evaluator.evaluate(node.initializer, frame);
  if (given !== undefined) return byDefault ?? given;
  const place = placeOf(node);
  const owner = node.parent;
  const why = `is a parameter of ${isFunctionNode(owner) ? "a function" : "something"} that several may call`;
  const calls = evaluator.surroundings.callsOf(owner);
  const [call] = calls;
  if (call === undefined || calls.length > 1) {
    return byDefault === undefined
      ? unknown(why, place)
      : unknown(why, place, { fallback: byDefault });
  }
  const index = owner.parameters.indexOf(node as never);
  const argument = call.arguments?.[index];
  if (argument === undefined || ts.isSpreadElement(argument)) {
    return (
      byDefault ??
      (argument === undefined ? literal(undefined, placeOf(call)) : unknown(why, place))
    );
  }
  const value = evaluator.evaluate(argument);
  if (byDefault === undefined || value.kind !== "unknown") return value;
  return { ...value, fallback: value.fallback ?? byDefault };
}

/** Conditions that hold where sessions matter most. */
export const SAYS_SECURE: RegExp =
  /^(?!!)(?:.*\W)?\w*(?:https|ssl|tls|secure|production|isProd)\w*/i;

/** Changes of a variable that depend on changes of others are followed this deep: no further is configuration. */
const MAX_NESTED = 3;

/** A variable's first value with every later assignment to it and into it, in the order of the text. */
function assembled(
  evaluator: Evaluator,
  name: string,
  binding: Extract<Binding, { kind: "variable" }>,
  frame: Frame,
): Value {
  const { node } = binding;
  const inProgress = evaluator.partial.get(node);
  if (inProgress !== undefined) {
    evaluator.restsOn(node);
    return inProgress;
  }
  const isLoop = ts.isForOfStatement(node.parent.parent) || ts.isForInStatement(node.parent.parent);
  if (isLoop || ts.isCatchClause(node.parent)) return unknown("changes in a loop", placeOf(node));
  if (binding.path.length > 0) return initialValue(evaluator, node, frame);
  return evaluator.once(node, frame, () => {
    let value = initialValue(evaluator, node, frame);
    const changes = usesOf(name, binding).flatMap((use) =>
      use === node.name ? [] : (changeAt(use) ?? []),
    );
    if (changes.length > 0 && evaluator.partial.size >= MAX_NESTED) {
      evaluator.restsOn("limit");
      return value;
    }
    for (const change of changes) {
      evaluator.partial.set(node, value);
      value = applied(evaluator, value, change, node, frame);
      evaluator.partial.delete(node);
    }
    return value;
  });
}

function initialValue(evaluator: Evaluator, node: ts.VariableDeclaration, frame: Frame): Value {
  return node.initializer === undefined
    ? literal(undefined, placeOf(node))
    : evaluator.evaluate(node.initializer, frame);
}

interface Change {
  /** The statement or call that makes it. */
  readonly node: ts.Node;
  readonly path: readonly string[];
  readonly how: "assign" | "assign-if-absent" | "merge" | "merge-deep" | "default" | "push";
  readonly values: readonly ts.Expression[];
}

/** What is done with a name where it is used, if it changes the value. */
function changeAt(use: ts.Identifier): Change | undefined {
  let at: ts.Expression = use;
  const path: string[] = [];
  for (;;) {
    const { parent } = at;
    if (ts.isPropertyAccessExpression(parent) && parent.expression === at) {
      path.push(parent.name.text);
      at = parent;
    } else if (ts.isElementAccessExpression(parent) && parent.expression === at) {
      const key = bare(parent.argumentExpression);
      if (!ts.isStringLiteralLike(key)) return undefined;
      path.push(key.text);
      at = parent;
    } else if (
      ts.isNonNullExpression(parent) ||
      ts.isParenthesizedExpression(parent) ||
      ts.isAsExpression(parent)
    )
      at = parent;
    else break;
  }
  const { parent } = at;
  if (ts.isBinaryExpression(parent) && parent.left === at) {
    const how = ASSIGNMENTS.get(parent.operatorToken.kind);
    return how && { node: parent, path, how, values: [parent.right] };
  }
  if (!ts.isCallExpression(parent) || parent.arguments[0] !== at) return undefined;
  const called = calleeName(parent);
  const how = called === undefined ? undefined : MERGERS.get(called);
  return how && { node: parent, path, how, values: parent.arguments.slice(1) };
}

const ASSIGNMENTS: ReadonlyMap<ts.SyntaxKind, Change["how"]> = new Map([
  [ts.SyntaxKind.EqualsToken, "assign"],
  [ts.SyntaxKind.BarBarEqualsToken, "assign-if-absent"],
  [ts.SyntaxKind.QuestionQuestionEqualsToken, "assign-if-absent"],
]);

const MERGERS: ReadonlyMap<string, Change["how"]> = new Map([
  ["assign", "merge"],
  ["extend", "merge"],
  ["merge", "merge-deep"],
  ["defaults", "default"],
  ["defaultsDeep", "default"],
]);

function applied(
  evaluator: Evaluator,
  before: Value,
  change: Change,
  declaration: ts.Node,
  frame: Frame,
): Value {
  const holds = conditionAt(evaluator, change.node, declaration, frame);
  if (holds === false) return before;
  const [first] = change.values;
  if (first === undefined) return before;
  const value = evaluator.evaluate(first, frame);
  if (change.path.length === 0 && change.how === "assign") {
    if (holds !== undefined) return value;
    const isFirst =
      before.kind === "literal" && (before.value === undefined || before.value === null);
    return isFirst
      ? value
      : unknown(`may be set by ${textOf(change.node)}`, placeOf(change.node), { fallback: before });
  }
  const whole = shipped(before);
  if (whole.kind !== "object") return before;
  const current = propertyAt(whole, change.path);
  const next = changed(evaluator, current, change, value, frame);
  const settledNext =
    holds === undefined
      ? (whenSecure(change.node, next) ??
        unknown(`is set if a condition holds: ${textOf(change.node)}`, placeOf(change.node), {
          fallback: current,
        }))
      : next;
  if (change.path.length === 0) return next;
  return withProperty(whole, change.path, settledNext);
}

/** What is set where the site is served by TLS, or in production, by the words of the condition. */
function whenSecure(node: ts.Node, value: Value): Value | undefined {
  let inner = node;
  for (let at: ts.Node | undefined = node.parent; at !== undefined; inner = at, at = at.parent) {
    if (!ts.isIfStatement(at) || inner !== at.thenStatement) continue;
    const isSecure = SAYS_SECURE.test(at.expression.getText()) && value.kind === "literal";
    return isSecure ? { ...value, inProduction: true } : undefined;
  }
  return undefined;
}

function changed(
  evaluator: Evaluator,
  current: Value,
  change: Change,
  value: Value,
  frame: Frame,
): Value {
  if (change.how === "assign") return value;
  if (change.how === "assign-if-absent") return truthOf(current) === true ? current : value;
  const object = shipped(current);
  let result: Value = object;
  for (const one of change.values) {
    if (result.kind !== "object") return current;
    const over = evaluator.evaluate(one, frame);
    if (change.how === "default") result = defaulted(result, over);
    else result = change.how === "merge" ? merged(result, over) : mergedDeep(result, over);
  }
  return result;
}

/** Whether a node is reached in production, by the conditions between it and where the variable is declared. */
function conditionAt(
  evaluator: Evaluator,
  node: ts.Node,
  declaration: ts.Node,
  frame: Frame,
): boolean | undefined {
  let holds: boolean | undefined = true;
  let inner: ts.Node = node;
  for (let at: ts.Node | undefined = node.parent; at !== undefined; inner = at, at = at.parent) {
    if (at !== declaration && isWithin(declaration, at) && !ts.isIfStatement(at)) break;
    let condition: ts.Expression | undefined;
    let wanted = true;
    if (ts.isIfStatement(at) && inner !== at.expression) {
      condition = at.expression;
      wanted = inner === at.thenStatement;
    } else if (ts.isConditionalExpression(at) && inner !== at.condition) {
      condition = at.condition;
      wanted = inner === at.whenTrue;
    } else if (
      ts.isBinaryExpression(at) &&
      at.right === inner &&
      at.operatorToken.kind === ts.SyntaxKind.AmpersandAmpersandToken
    ) {
      condition = at.left;
    } else if (ts.isCaseClause(at) && ts.isSwitchStatement(at.parent.parent)) {
      const subject = shipped(evaluator.evaluate(at.parent.parent.expression, frame));
      const label = shipped(evaluator.evaluate(at.expression, frame));
      if (subject.kind !== "literal" || label.kind !== "literal") holds = undefined;
      else if (subject.value !== label.value) return false;
    }
    if (condition === undefined) continue;
    const isTrue = truthOf(evaluator.evaluate(condition, frame));
    if (isTrue === undefined) holds = undefined;
    else if (isTrue !== wanted) return false;
  }
  return holds;
}

/** Whether a statement runs in production, by the conditions around it; `undefined` if they cannot be told. */
export function reaches(evaluator: Evaluator, node: ts.Node): boolean | undefined {
  return conditionAt(evaluator, node, node.getSourceFile(), new Map());
}

/** The same, where the benefit of the doubt is given. */
export function isReached(evaluator: Evaluator, node: ts.Node): boolean {
  return reaches(evaluator, node) !== false;
}
