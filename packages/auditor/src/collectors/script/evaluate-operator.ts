/**
 * Operators: logic, comparison, arithmetic and text, with the environment's part in the result kept.
 * @module
 */
import ts from "typescript";
import type { Evaluator, Frame } from "./evaluation.ts";
import { placeOf, textOf } from "./script-file.ts";
import { chainOf } from "./script-syntax.ts";
import {
  dependence,
  literal,
  type Primitive,
  shipped,
  truthOf,
  unknown,
  type Value,
} from "./script-value.ts";

export function binary(evaluator: Evaluator, node: ts.BinaryExpression, frame: Frame): Value {
  const { kind } = node.operatorToken;
  switch (kind) {
    case ts.SyntaxKind.BarBarToken:
    case ts.SyntaxKind.QuestionQuestionToken:
      return either(evaluator, node, frame, kind === ts.SyntaxKind.QuestionQuestionToken);
    case ts.SyntaxKind.AmpersandAmpersandToken:
      return both(evaluator, node, frame);
    case ts.SyntaxKind.CommaToken:
    case ts.SyntaxKind.EqualsToken:
      return evaluator.evaluate(node.right, frame);
  }
  const left = evaluator.evaluate(node.left, frame);
  const right = evaluator.evaluate(node.right, frame);
  const isEquality = EQUALITY.has(kind);
  const [a, b] = [settled(left, isEquality), settled(right, isEquality)];
  if (a === undefined || b === undefined) {
    // A protocol that is configured is https in production.
    const isProtocol =
      isEquality && [a, b].some((one) => one !== undefined && /^https:?$/.test(String(one.value)));
    if (isProtocol) {
      const isEqual =
        kind === ts.SyntaxKind.EqualsEqualsToken || kind === ts.SyntaxKind.EqualsEqualsEqualsToken;
      return literal(isEqual, placeOf(node), { inProduction: true, written: textOf(node) });
    }
    if (kind === ts.SyntaxKind.PlusToken) return joined(node, left, right);
    return unknown(`${textOf(node)} cannot be followed`, placeOf(node));
  }
  const result = compute(kind, a.value, b.value);
  if (result === undefined) return unknown(`${textOf(node)} cannot be followed`, placeOf(node));
  return literal(result.value, placeOf(node), {
    written: textOf(node),
    ...dependence(shipped(left)),
    ...dependence(shipped(right)),
  });
}

const EQUALITY: ReadonlySet<ts.SyntaxKind> = new Set([
  ts.SyntaxKind.EqualsEqualsToken,
  ts.SyntaxKind.EqualsEqualsEqualsToken,
  ts.SyntaxKind.ExclamationEqualsToken,
  ts.SyntaxKind.ExclamationEqualsEqualsToken,
]);

/** A variable without a value compares as `undefined`; in arithmetic it stays unknown. */
function settled(value: Value, isEquality: boolean): { readonly value: Primitive } | undefined {
  const effective = shipped(value);
  if (effective.kind === "literal") return { value: effective.value };
  if (effective.kind === "environment" && isEquality) return { value: undefined };
  return undefined;
}

function compute(
  kind: ts.SyntaxKind,
  left: Primitive,
  right: Primitive,
): { readonly value: Primitive } | undefined {
  switch (kind) {
    case ts.SyntaxKind.EqualsEqualsEqualsToken:
      return { value: left === right };
    case ts.SyntaxKind.ExclamationEqualsEqualsToken:
      return { value: left !== right };
    case ts.SyntaxKind.EqualsEqualsToken:
      return { value: isLooselyEqual(left, right) };
    case ts.SyntaxKind.ExclamationEqualsToken:
      return { value: !isLooselyEqual(left, right) };
    case ts.SyntaxKind.PlusToken:
      return typeof left === "string" || typeof right === "string"
        ? { value: `${left}${right}` }
        : { value: Number(left) + Number(right) };
    case ts.SyntaxKind.MinusToken:
      return { value: Number(left) - Number(right) };
    case ts.SyntaxKind.AsteriskToken:
      return { value: Number(left) * Number(right) };
    case ts.SyntaxKind.SlashToken:
      return { value: Number(left) / Number(right) };
    case ts.SyntaxKind.PercentToken:
      return { value: Number(left) % Number(right) };
    case ts.SyntaxKind.AsteriskAsteriskToken:
      return { value: Number(left) ** Number(right) };
    case ts.SyntaxKind.LessThanToken:
      return { value: Number(left) < Number(right) };
    case ts.SyntaxKind.GreaterThanToken:
      return { value: Number(left) > Number(right) };
    case ts.SyntaxKind.LessThanEqualsToken:
      return { value: Number(left) <= Number(right) };
    case ts.SyntaxKind.GreaterThanEqualsToken:
      return { value: Number(left) >= Number(right) };
    case ts.SyntaxKind.LessThanLessThanToken:
      return { value: Number(left) << Number(right) };
    default:
      return undefined;
  }
}

function isLooselyEqual(left: Primitive, right: Primitive): boolean {
  if (left === null || left === undefined) return right === null || right === undefined;
  if (right === null || right === undefined) return false;
  return typeof left === typeof right ? left === right : Number(left) === Number(right);
}

/** `a || b` and `a ?? b`: what the deployment may set keeps the constant that stands in for it. */
function either(
  evaluator: Evaluator,
  node: ts.BinaryExpression,
  frame: Frame,
  onlyAbsent: boolean,
): Value {
  const first = evaluator.evaluate(node.left, frame);
  // What a package looks up may be absent; what it makes is there.
  const isLookup =
    first.kind === "call" && (first.isMember || /^get[A-Z]?\w*$/.test(first.path.at(-1) ?? ""));
  const left = isLookup ? unknown(`${textOf(node.left)} cannot be followed`, first.place) : first;
  if (left.kind === "literal") {
    const isTaken = onlyAbsent
      ? left.value !== undefined && left.value !== null
      : Boolean(left.value);
    if (isTaken) return left;
    const right = evaluator.evaluate(node.right, frame);
    const owes = dependence(left);
    return right.kind === "literal" ? { ...right, ...owes } : right;
  }
  if (left.kind !== "environment" && left.kind !== "unknown") return left;
  const right = evaluator.evaluate(node.right, frame);
  if (left.fallback === undefined) return { ...left, place: placeOf(node), fallback: right };
  const isEnough = truthOf(left) === true;
  return isEnough ? left : { ...left, place: placeOf(node), fallback: right };
}

function both(evaluator: Evaluator, node: ts.BinaryExpression, frame: Frame): Value {
  const left = evaluator.evaluate(node.left, frame);
  const isTrue = truthOf(left);
  if (isTrue === undefined) {
    // `options && options.secret`: the guard says no more than the value.
    const right = evaluator.evaluate(node.right, frame);
    const guarded = chainOf(node.left)?.join(".");
    if (guarded !== undefined && node.right.getText().startsWith(guarded)) return right;
    if (right.kind === "literal" && !right.value) return right;
    return unknown(`depends on ${textOf(node.left)}`, placeOf(node));
  }
  if (isTrue) {
    const right = evaluator.evaluate(node.right, frame);
    if (right.kind !== "literal") return right;
    return { ...right, ...dependence(shipped(left)) };
  }
  const effective = shipped(left);
  if (effective.kind === "literal") return effective;
  return literal(undefined, placeOf(node), dependence(effective));
}

/** Text that is known in part: enough to know a name from the library's own. */
function joined(node: ts.Expression, left: Value, right: Value): Value {
  const pattern = `${patternOf(left)}${patternOf(right)}`.replace(/\*+/g, "*");
  if (pattern === "*") return unknown(`${textOf(node)} cannot be followed`, placeOf(node));
  return unknown(`${textOf(node)} is known in part`, placeOf(node), { pattern });
}

function patternOf(value: Value): string {
  const effective = shipped(value);
  if (effective.kind === "literal") return String(effective.value);
  return effective.kind === "unknown" && effective.pattern !== undefined ? effective.pattern : "*";
}

export function template(evaluator: Evaluator, node: ts.TemplateExpression, frame: Frame): Value {
  let pattern = node.head.text;
  let isWhole = true;
  for (const { expression, literal: tail } of node.templateSpans) {
    const value = evaluator.evaluate(expression, frame);
    if (shipped(value).kind !== "literal") isWhole = false;
    pattern += patternOf(value) + tail.text;
  }
  if (isWhole) return literal(pattern, placeOf(node), { written: textOf(node) });
  const known = pattern.replace(/\*+/g, "*");
  if (known === "*") return unknown(`${textOf(node)} cannot be followed`, placeOf(node));
  return unknown(`${textOf(node)} is known in part`, placeOf(node), { pattern: known });
}
