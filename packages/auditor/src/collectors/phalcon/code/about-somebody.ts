/**
 * What a value that is written down says of somebody: a row, its id, or nothing at all.
 * @module
 */
import { child, children, nameOf, type PhpFile, type PhpNode } from "../../php/php-file.ts";
import { indexPhp, namedFunctionOf } from "../../php/php-walk.ts";

/** `null`, `false`, 0, `""` and `[]` end a session rather than begin one. */
export function isNothing(value: PhpNode | undefined): boolean {
  if (value === undefined) return true;
  if (value.kind === "nullkeyword") return true;
  if (value.kind === "boolean") return value.value === false;
  if (value.kind === "number") return Number(value.value) === 0;
  if (value.kind === "string") return value.value === "";
  return value.kind === "array" && children(value, "items").length === 0;
}

/** It is taken from a row or object, rather than a literal or what the service container holds. */
export function isAboutSomebody(file: PhpFile, value: PhpNode | undefined, depth = 0): boolean {
  if (value === undefined || depth > 4) return false;
  switch (value.kind) {
    case "variable": {
      const assigned = indexPhp(file)
        .assignmentsTo(nameOf(value) ?? "")
        .filter((node) => namedFunctionOf(file, node) === namedFunctionOf(file, value));
      // A parameter, or the variable of a loop.
      if (assigned.length === 0) return nameOf(value) !== "this";
      return assigned.some((node) => isAboutSomebody(file, child(node, "right"), depth + 1));
    }
    case "propertylookup":
    case "nullsafepropertylookup": {
      const what = child(value, "what");
      if (what?.kind !== "variable")
        return what !== undefined && isAboutSomebody(file, what, depth + 1);
      return (
        nameOf(what) !== "this" ||
        /user|id$|identity|account/i.test(nameOf(child(value, "offset")) ?? "")
      );
    }
    case "offsetlookup":
      return isAboutSomebody(file, child(value, "what"), depth + 1);
    case "array": {
      const items = children(value, "items").map((item) => child(item, "value"));
      return items.some((item) => isAboutSomebody(file, item, depth + 1));
    }
    case "cast":
      return isAboutSomebody(file, child(value, "expr"), depth + 1);
    case "call":
      return !/^(random|uniqid|time|date|microtime|md5|getpost|getquery|getclientaddress|getuseragent|t|_|trans|translate)$/i.test(
        methodName(value) || (nameOf(child(value, "what")) ?? ""),
      );
    case "new":
      return children(value, "arguments").some((argument) =>
        isAboutSomebody(file, argument, depth + 1),
      );
    case "bin":
    case "retif":
      return ["left", "right", "trueExpr", "falseExpr"].some((side) =>
        isAboutSomebody(file, child(value, side), depth + 1),
      );
    default:
      return false;
  }
}

/** The name of the method that is called, as written. */
export function methodName(call: PhpNode): string {
  return nameOf(child(child(call, "what"), "offset")) ?? "";
}
