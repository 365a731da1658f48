/**
 * Variables and properties, where what was assigned to them is plain.
 * @module
 */
import { memberOf } from "./php-code.ts";
import { type Evaluation, type PhpValue, unknown, valueIn } from "./php-evaluation.ts";
import { child, children, nameOf, type PhpFile, type PhpNode, placeOf } from "./php-file.ts";
import {
  ancestorsOf,
  classOf,
  functionOf,
  indexPhp,
  offsetOf,
  type PhpFunction,
} from "./php-walk.ts";

export function variableValue(evaluation: Evaluation, file: PhpFile, node: PhpNode): PhpValue {
  const place = placeOf(file, node);
  const name = nameOf(node);
  if (name === undefined || name === "this") return unknown("is computed", place);
  let scope = functionOf(file, node);
  // A closure has its own variables but for those it takes along; an arrow function takes all.
  while (scope !== undefined && takesAlong(scope, name)) scope = functionOf(file, scope.node);
  const isParameter = scope?.parameters.some((parameter) => nameOf(parameter) === name) === true;
  if (isParameter) return unknown(`is the parameter $${name}`, place);

  const assigned = assignmentsTo(file, scope, name).filter(
    (assignment) => offsetOf(assignment) < offsetOf(node) || scope !== functionOf(file, node),
  );
  const whole = assigned.filter((assignment) => child(assignment, "left")?.kind === "variable");
  const last = whole.at(-1);
  if (last === undefined) return unknown(`is $${name}, which is set elsewhere`, place);
  if (whole.length > 1 && isConditional(file, last))
    return unknown("depends on a condition", place);
  const right = child(last, "right");
  if (right === undefined || last.operator !== "=") return unknown("is computed in steps", place);
  const value = valueIn(evaluation, file, right);
  if (value.kind !== "array") return value;
  return withKeysSet(evaluation, file, value, assigned.slice(assigned.indexOf(last) + 1));
}

function takesAlong(scope: PhpFunction, name: string): boolean {
  if (scope.parameters.some((parameter) => nameOf(parameter) === name)) return false;
  if (scope.node.kind === "arrowfunc") return true;
  return (
    scope.node.kind === "closure" &&
    children(scope.node, "uses").some((each) => nameOf(each) === name)
  );
}

/** Assignments to a variable or to keys of it, in one scope. */
function assignmentsTo(
  file: PhpFile,
  scope: PhpFunction | undefined,
  name: string,
): readonly PhpNode[] {
  return indexPhp(file)
    .assignmentsTo(name)
    .filter((assignment) => functionOf(file, assignment) === scope);
}

/** What may run or not: branches and loops, up to the function around them. */
const BRANCHES: ReadonlySet<string> = new Set([
  "if",
  "for",
  "foreach",
  "while",
  "do",
  "switch",
  "catch",
]);

function isConditional(file: PhpFile, node: PhpNode): boolean {
  for (const above of ancestorsOf(file, node)) {
    if (BRANCHES.has(above.kind)) return true;
    if (["function", "method", "closure"].includes(above.kind)) return false;
  }
  return false;
}

/** `$options["name"] = …`, after the array itself was assigned. */
function withKeysSet(
  evaluation: Evaluation,
  file: PhpFile,
  value: PhpValue & { readonly kind: "array" },
  assignments: readonly PhpNode[],
): PhpValue {
  if (assignments.length === 0) return value;
  const entries = new Map(value.entries);
  let { isComplete } = value;
  for (const assignment of assignments) {
    const left = child(assignment, "left");
    const right = child(assignment, "right");
    const offset = child(left, "offset");
    const isPlain = child(left, "what")?.kind === "variable" && offset !== undefined;
    const key = isPlain ? valueIn(evaluation, file, offset) : undefined;
    if (key?.kind !== "known" || right === undefined) isComplete = false;
    else entries.set(String(key.value), valueIn(evaluation, file, right));
  }
  return { ...value, entries, isComplete };
}

/** `$this->name`: its default, or the only value it is given in its class. */
export function propertyValue(evaluation: Evaluation, file: PhpFile, node: PhpNode): PhpValue {
  const place = placeOf(file, node);
  const what = child(node, "what");
  const name = nameOf(child(node, "offset"));
  const of = classOf(file, node);
  if (
    what?.kind !== "variable" ||
    nameOf(what) !== "this" ||
    name === undefined ||
    of === undefined
  ) {
    return unknown("is computed when the application runs", place);
  }
  const assigned = indexPhp(file).assignments.filter((assignment) => {
    const left = child(assignment, "left");
    return (
      left?.kind === "propertylookup" &&
      nameOf(child(left, "what")) === "this" &&
      nameOf(child(left, "offset")) === name &&
      classOf(file, assignment) === of
    );
  });
  const declared =
    of.name === undefined ? undefined : memberOf(evaluation.code, of.name, name, "property");
  if (assigned.length === 0 && declared !== undefined) {
    return valueIn(evaluation, declared.file, declared.value);
  }
  const right = assigned.length === 1 ? child(assigned[0], "right") : undefined;
  if (right === undefined) return unknown(`is $this->${name}, which is set elsewhere`, place);
  return valueIn(evaluation, file, right);
}
