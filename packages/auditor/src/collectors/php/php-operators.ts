/**
 * Operators and casts on values that are known, and what is left of them on values that are not.
 * @module
 */
import type { Place } from "../../evidence.ts";
import { holdsInProduction } from "./php-environment.ts";
import {
  type Evaluation,
  known,
  type PhpScalar,
  type PhpValue,
  unknown,
  valueIn,
} from "./php-evaluation.ts";
import { child, type PhpFile, type PhpNode, placeOf } from "./php-file.ts";

/** No constant of an application is longer; a longer one was made to keep us busy. */
const MAX_TEXT = 64 * 1024;

/** PHP's truth: `""`, `"0"` and 0 are false. */
export function isTrue(value: PhpScalar): boolean {
  return !(value === null || value === false || value === 0 || value === "" || value === "0");
}

export function textOf(value: PhpScalar): string {
  if (value === true) return "1";
  return value === null || value === false ? "" : String(value);
}

/** The right side is evaluated only where it matters. */
export function binaryValue(
  operator: string,
  leftValue: () => PhpValue,
  rightValue: () => PhpValue,
  place: Place,
): PhpValue {
  const left = leftValue();
  if (operator === "??") return withFallback(left, rightValue, (value) => value !== null, place);
  const right = rightValue();
  if (operator === "+" && left.kind === "array" && right.kind === "array") {
    const entries = new Map([...right.entries, ...left.entries]);
    return { kind: "array", entries, isComplete: left.isComplete && right.isComplete, place };
  }
  if (left.kind === "environment" || right.kind === "environment") {
    return left.kind === "environment" ? withoutFallback(left) : withoutFallback(right);
  }
  if (left.kind !== "known" || right.kind !== "known") return unknown("is computed", place);
  const value = computed(operator, left.value, right.value);
  return value === undefined ? unknown("is computed", place) : known(value, place);
}

/** A variable that something was done to: its fallback is not the result any more. */
function withoutFallback(value: PhpValue): PhpValue {
  return value.kind === "environment"
    ? { kind: "environment", name: value.name, place: value.place }
    : value;
}

function computed(operator: string, left: PhpScalar, right: PhpScalar): PhpScalar | undefined {
  if (operator === ".") {
    const text = textOf(left) + textOf(right);
    return text.length > MAX_TEXT ? undefined : text;
  }
  switch (operator) {
    case "===":
      return left === right;
    case "!==":
      return left !== right;
    case "==":
      return textOf(left) === textOf(right);
    case "!=":
      return textOf(left) !== textOf(right);
    case "&&":
    case "and":
      return isTrue(left) && isTrue(right);
    case "||":
    case "or":
      return isTrue(left) || isTrue(right);
  }
  const a = Number(left ?? 0);
  const b = Number(right ?? 0);
  if (Number.isNaN(a) || Number.isNaN(b)) return undefined;
  switch (operator) {
    case "+":
      return a + b;
    case "-":
      return a - b;
    case "*":
      return a * b;
    case "/":
      return b === 0 ? undefined : a / b;
    case "%":
      return b === 0 ? undefined : a % b;
    case "**":
      return a ** b;
    case ">":
      return a > b;
    case ">=":
      return a >= b;
    case "<":
      return a < b;
    case "<=":
      return a <= b;
    default:
      return undefined;
  }
}

export function castValue(type: string, value: PhpValue, place: Place): PhpValue {
  if (value.kind === "environment") {
    if (type === "!" || value.fallback === undefined) return withoutFallback(value);
    return { ...value, fallback: castValue(type, value.fallback, value.fallback.place) };
  }
  if (value.kind !== "known") return value;
  // The literal's own place, so that a cast does not hide what can be replaced.
  const at = value.place.span === undefined ? place : value.place;
  switch (type) {
    case "!":
      return known(!isTrue(value.value), place);
    case "-":
      return known(-Number(value.value), place);
    case "+":
      return known(Number(value.value), at);
    case "bool":
      return known(isTrue(value.value), at);
    case "int":
      return known(Math.trunc(Number.parseFloat(textOf(value.value)) || 0), at);
    case "float":
      return known(Number.parseFloat(textOf(value.value)) || 0, at);
    case "string":
      return known(textOf(value.value), at);
    default:
      return value;
  }
}

/** `a ? b : c` and `a ?: c`. */
export function conditionalValue(evaluation: Evaluation, file: PhpFile, node: PhpNode): PhpValue {
  const place = placeOf(file, node);
  const test = child(node, "test");
  const whenTrue = child(node, "trueExpr");
  const whenFalse = child(node, "falseExpr");
  if (test === undefined || whenFalse === undefined) return unknown("is not written", place);
  const otherwise = (): PhpValue => valueIn(evaluation, file, whenFalse);
  const tested = valueIn(evaluation, file, test);
  if (whenTrue === undefined) return withFallback(tested, otherwise, isTrue, place);
  if (tested.kind === "known") {
    return isTrue(tested.value) ? valueIn(evaluation, file, whenTrue) : otherwise();
  }
  const inProduction = holdsInProduction(test);
  if (inProduction === true) return valueIn(evaluation, file, whenTrue);
  if (inProduction === false) return otherwise();
  const either = valueIn(evaluation, file, whenTrue);
  // `getenv("X") !== false ? getenv("X") : "y"` is a fallback in more words.
  if (either.kind === "environment") return withFallback(either, otherwise, isTrue, place);
  const or = otherwise();
  if (either.kind === "known" && or.kind === "known" && either.value === or.value) return either;
  return unknown("depends on a condition", place);
}

function withFallback(
  value: PhpValue,
  fallback: () => PhpValue,
  holds: (value: PhpScalar) => boolean,
  place: Place,
): PhpValue {
  if (value.kind === "known") return holds(value.value) ? value : fallback();
  if (value.kind === "environment") {
    return value.fallback === undefined ? { ...value, fallback: fallback() } : value;
  }
  return value.kind === "unknown" ? unknown(value.why, place) : value;
}
