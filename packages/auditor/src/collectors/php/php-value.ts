/**
 * What an expression is worth, without running anything: constants, arrays and simple variables are followed,
 * calls to `env()` and the like are decided by the deployment, and conditions by production.
 * @module
 */
import { arrayValue } from "./php-array.ts";
import { callValue } from "./php-calls.ts";
import type { PhpCode } from "./php-code.ts";
import { memberOf } from "./php-code.ts";
import { environmentVariable, holdsInProduction } from "./php-environment.ts";
import {
  type Evaluation,
  known,
  type PhpResolver,
  type PhpValue,
  unknown,
  valueIn,
} from "./php-evaluation.ts";
import { child, children, nameOf, type PhpFile, type PhpNode, placeOf } from "./php-file.ts";
import { resolveClass } from "./php-names.ts";
import { binaryValue, castValue, conditionalValue } from "./php-operators.ts";
import { propertyValue, variableValue } from "./php-variables.ts";

export {
  entryOf,
  type PhpResolver,
  type PhpScalar,
  type PhpValue,
  scalarOf,
} from "./php-evaluation.ts";

const MAX_DEPTH = 100;
const MAX_STEPS = 5_000;

export function evaluate(
  code: PhpCode,
  file: PhpFile,
  node: PhpNode,
  resolve?: PhpResolver,
): PhpValue {
  return step({ code, resolve, step, depth: 0, budget: { steps: MAX_STEPS } }, file, node);
}

function step(evaluation: Evaluation, file: PhpFile, node: PhpNode): PhpValue {
  const place = placeOf(file, node);
  if (evaluation.depth > MAX_DEPTH || evaluation.budget.steps-- <= 0) {
    return { kind: "unknown", why: "is too involved to follow", place };
  }
  const inner: Evaluation = { ...evaluation, depth: evaluation.depth + 1 };
  return (
    evaluation.resolve?.(file, node) ?? literalValue(file, node) ?? followed(inner, file, node)
  );
}

function literalValue(file: PhpFile, node: PhpNode): PhpValue | undefined {
  const place = placeOf(file, node);
  switch (node.kind) {
    case "string":
    case "nowdoc":
      return known(typeof node.value === "string" ? node.value : "", place);
    case "boolean":
      return known(node.value === true, place);
    case "nullkeyword":
      return known(null, place);
    case "number": {
      const written = String(node.value).replaceAll("_", "");
      const value = Number(/^0[0-7]+$/.test(written) ? `0o${written.slice(1)}` : written);
      return Number.isNaN(value)
        ? unknown("is no number that PHP knows", place)
        : known(value, place);
    }
    default:
      return undefined;
  }
}

function followed(evaluation: Evaluation, file: PhpFile, node: PhpNode): PhpValue {
  const place = placeOf(file, node);
  const inner = (field: string): PhpValue => {
    const below = child(node, field);
    return below === undefined
      ? unknown("is not written", place)
      : valueIn(evaluation, file, below);
  };
  const variable = environmentVariable(evaluation, file, node);
  if (variable !== undefined) return variable;
  switch (node.kind) {
    case "array":
      return arrayValue(evaluation, file, node);
    case "encapsed":
      return encapsedValue(evaluation, file, node);
    case "magic":
      return magicValue(file, node);
    case "bin": {
      const value = binaryValue(
        String(node.type),
        () => inner("left"),
        () => inner("right"),
        place,
      );
      const held = value.kind === "known" ? undefined : holdsInProduction(node);
      return held === undefined ? value : known(held, place);
    }
    case "retif":
      return conditionalValue(evaluation, file, node);
    case "unary":
      return castValue(String(node.type), inner("what"), place);
    case "cast":
      return castValue(String(node.type), inner("expr"), place);
    case "silent":
      return inner("expr");
    case "assign":
      return node.operator === "=" ? inner("right") : unknown("is computed in steps", place);
    case "name":
      return constantValue(evaluation, file, node);
    case "staticlookup":
      return staticValue(evaluation, file, node);
    case "variable":
      return variableValue(evaluation, file, node);
    case "propertylookup":
    case "nullsafepropertylookup":
      return propertyValue(evaluation, file, node);
    case "offsetlookup":
      return offsetValue(evaluation, file, node);
    case "new":
    case "closure":
    case "arrowfunc": {
      const what = child(node, "what");
      const className =
        node.kind !== "new" ? "Closure" : what === undefined ? undefined : resolveClass(file, what);
      return { kind: "object", className, node, file, place };
    }
    case "call":
      return callValue(evaluation, file, node);
    default:
      return unknown("is computed when the application runs", place);
  }
}

function encapsedValue(evaluation: Evaluation, file: PhpFile, node: PhpNode): PhpValue {
  const place = placeOf(file, node);
  let text = "";
  for (const part of children(node, "value")) {
    const expression = child(part, "expression");
    const value = expression === undefined ? undefined : valueIn(evaluation, file, expression);
    if (value?.kind !== "known")
      return value?.kind === "environment" ? value : unknown("is computed", place);
    text += String(value.value ?? "");
  }
  return known(text, place);
}

/** Paths are given from the root of the tree: where the tree lies is nobody's business. */
function magicValue(file: PhpFile, node: PhpNode): PhpValue {
  const place = placeOf(file, node);
  const folder = file.file.includes("/") ? file.file.replace(/\/[^/]*$/, "") : ".";
  switch (String(node.value).toUpperCase()) {
    case "__DIR__":
      return known(folder, place);
    case "__FILE__":
      return known(file.file, place);
    default:
      return unknown("is computed when the application runs", place);
  }
}

function constantValue(evaluation: Evaluation, file: PhpFile, node: PhpNode): PhpValue {
  const place = placeOf(file, node);
  const name = nameOf(node) ?? "";
  const declared = evaluation.code.constantNamed(name);
  if (declared === undefined)
    return unknown(`is the constant ${name}, which is not defined here`, place);
  return valueIn(evaluation, declared.file, declared.value);
}

const COOKIE = "Symfony\\Component\\HttpFoundation\\Cookie";
/** The framework is not in the tree; its documentation sets SameSite by these. */
const COOKIE_CONSTANTS: ReadonlyMap<string, string> = new Map([
  [`${COOKIE}::SAMESITE_NONE`, "none"],
  [`${COOKIE}::SAMESITE_LAX`, "lax"],
  [`${COOKIE}::SAMESITE_STRICT`, "strict"],
]);

function staticValue(evaluation: Evaluation, file: PhpFile, node: PhpNode): PhpValue {
  const place = placeOf(file, node);
  const what = child(node, "what");
  const member = child(node, "offset");
  const className = what === undefined ? undefined : resolveClass(file, what);
  const name = nameOf(member);
  if (className === undefined || name === undefined) return unknown("is computed", place);
  if (member?.kind === "identifier" && name === "class") return known(className, place);
  const kind = member?.kind === "variable" ? "property" : "constant";
  const declared = memberOf(evaluation.code, className, name, kind);
  const ofFramework = COOKIE_CONSTANTS.get(`${className}::${name}`);
  if (declared === undefined && ofFramework !== undefined) return known(ofFramework, place);
  if (declared === undefined)
    return unknown(`is ${className}::${name}, which is not declared here`, place);
  return valueIn(evaluation, declared.file, declared.value);
}

function offsetValue(evaluation: Evaluation, file: PhpFile, node: PhpNode): PhpValue {
  const place = placeOf(file, node);
  const what = child(node, "what");
  const offset = child(node, "offset");
  if (what === undefined || offset === undefined) return unknown("is computed", place);
  const key = valueIn(evaluation, file, offset);
  const list = valueIn(evaluation, file, what);
  if (list.kind !== "array" || key.kind !== "known") return unknown("is computed", place);
  const entry = list.entries.get(String(key.value));
  if (entry !== undefined) return entry;
  return list.isComplete ? known(null, place) : unknown("is computed", place);
}
