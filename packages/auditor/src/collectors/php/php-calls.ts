/**
 * What a call gives back: the application's own functions that do nothing else, and the few functions of PHP
 * that configuration is made of.
 * @module
 */
import { methodOf, type PhpCode } from "./php-code.ts";
import { type Evaluation, type PhpValue, unknown, valueIn } from "./php-evaluation.ts";
import { child, nameOf, type PhpFile, type PhpNode, placeOf } from "./php-file.ts";
import { resolveClass } from "./php-names.ts";
import { castValue } from "./php-operators.ts";
import { indexPhp, type PhpCall, type PhpFunction, walkPhp } from "./php-walk.ts";

/** Follows functions of the application that do nothing but return one value. */
export function callValue(evaluation: Evaluation, file: PhpFile, node: PhpNode): PhpValue {
  const place = placeOf(file, node);
  const call = indexPhp(file).callAt(node);
  const called = call === undefined ? undefined : calledBy(evaluation.code, call);
  if (call !== undefined && called === undefined && call.form === "function") {
    const value = builtInValue(evaluation, call);
    if (value !== undefined) return value;
  }
  const returned = called === undefined ? undefined : onlyReturnOf(called);
  if (called === undefined || returned === undefined || called.parameters.length > 0) {
    return unknown("is computed when the application runs", place);
  }
  return valueIn(evaluation, called.file, returned);
}

/** The application's own function or method that a call runs, where that is plain. */
export function calledBy(code: PhpCode, call: PhpCall): PhpFunction | undefined {
  switch (call.form) {
    case "function":
      return code.functionNamed(call.name);
    case "static":
    case "new":
      return call.className === undefined ? undefined : methodOf(code, call.className, call.name);
    case "method": {
      if (call.target?.kind !== "variable" || nameOf(call.target) !== "this") return undefined;
      const own = resolveClass(call.file, { ...call.target, kind: "selfreference" });
      return own === undefined ? undefined : methodOf(code, own, call.name);
    }
  }
}

function onlyReturnOf(called: PhpFunction): PhpNode | undefined {
  const body = child(called.node, "body");
  if (body === undefined) return undefined;
  const returned: PhpNode[] = [];
  walkPhp(body, (node) => {
    if (node.kind === "closure" || node.kind === "arrowfunc" || node.kind === "class")
      return "skip";
    const value = node.kind === "return" ? child(node, "expr") : undefined;
    if (value !== undefined) returned.push(value);
    return undefined;
  });
  return returned.length === 1 ? returned[0] : undefined;
}

/** The few functions of PHP that configuration is made of. */
function builtInValue(evaluation: Evaluation, call: PhpCall): PhpValue | undefined {
  const [first] = call.arguments;
  const place = placeOf(call.file, call.node);
  const value = (): PhpValue =>
    first === undefined ? unknown("has no argument", place) : valueIn(evaluation, call.file, first);
  switch (call.name) {
    case "boolval":
      return castValue("bool", value(), place);
    case "intval":
      return castValue("int", value(), place);
    case "strval":
      return castValue("string", value(), place);
    case "ucfirst":
    case "lcfirst":
    case "strtolower":
    case "ucwords":
      return wordValue(call.name, value());
    case "realpath":
    case "trim":
    case "rtrim":
      return call.arguments.length === 1 ? value() : undefined;
    case "array_merge":
    case "array_replace": {
      const entries = new Map<string, PhpValue>();
      let isComplete = true;
      for (const argument of call.arguments) {
        const part = valueIn(evaluation, call.file, argument);
        if (part.kind !== "array") isComplete = false;
        else for (const [key, entry] of part.entries) entries.set(key, entry);
      }
      return { kind: "array", entries, isComplete, place };
    }
    default:
      return undefined;
  }
}

/** Names of classes are often made from lower-case names in configuration. */
function wordValue(name: string, value: PhpValue): PhpValue {
  if (value.kind !== "known" || typeof value.value !== "string") return value;
  const [first = "", rest = ""] = [value.value.slice(0, 1), value.value.slice(1)];
  if (name === "strtolower") return { ...value, value: value.value.toLowerCase() };
  return {
    ...value,
    value: (name === "lcfirst" ? first.toLowerCase() : first.toUpperCase()) + rest,
  };
}
