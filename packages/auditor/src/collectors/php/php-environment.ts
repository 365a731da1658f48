/**
 * Reads of the deployment's environment, and which branch production takes.
 * @module
 */

import { type Evaluation, type PhpValue, valueIn } from "./php-evaluation.ts";
import { child, children, nameOf, type PhpFile, type PhpNode, placeOf } from "./php-file.ts";

/** Functions and static methods whose first argument names a variable, and whose second is its default. */
const READERS: ReadonlySet<string> = new Set(["env", "getenv", "get_env", "env_value"]);
const READER_CLASSES = /(^|\\)(Dot)?Env(ironment)?$/i;

/** What the web server says about one request is in `$_SERVER` too, and is no configuration. */
const OF_REQUEST =
  /^(HTTP|REQUEST|REMOTE|SERVER|SCRIPT|QUERY|PATH|DOCUMENT|PHP|ORIG|CONTENT|GATEWAY|AUTH|HTTPS)(_|$)/;

/** @returns A value of kind `environment`, or `undefined` if the expression reads no variable. */
export function environmentVariable(
  evaluation: Evaluation,
  file: PhpFile,
  node: PhpNode,
): PhpValue | undefined {
  const place = placeOf(file, node);
  if (node.kind === "offsetlookup") {
    const array = child(node, "what");
    const name = child(node, "offset")?.value;
    if (array?.kind !== "variable" || typeof name !== "string") return undefined;
    const isVariable =
      nameOf(array) === "_ENV" || (nameOf(array) === "_SERVER" && !OF_REQUEST.test(name));
    return isVariable ? { kind: "environment", name, place } : undefined;
  }
  if (node.kind !== "call" || !isReader(node)) return undefined;
  const [first, second] = children(node, "arguments");
  if (first?.kind !== "string" || typeof first.value !== "string") return undefined;
  const name = first.value;
  // The second argument of PHP's own getenv() is a flag.
  const isNative = nameOf(child(node, "what"))?.replace(/^\\/, "").toLowerCase() === "getenv";
  if (second === undefined || isNative) return { kind: "environment", name, place };
  const written = second.kind === "namedargument" ? child(second, "value") : second;
  if (written === undefined) return { kind: "environment", name, place };
  return { kind: "environment", name, fallback: valueIn(evaluation, file, written), place };
}

function isReader(call: PhpNode): boolean {
  const what = child(call, "what");
  if (what?.kind === "name") {
    return READERS.has((nameOf(what) ?? "").replace(/^.*\\/, "").toLowerCase());
  }
  if (what?.kind !== "staticlookup") return false;
  return READER_CLASSES.test(nameOf(child(what, "what")) ?? "");
}

const PRODUCTION = /^(prod|production|live)$/i;
const ELSEWHERE = /^(dev|devel|development|test|testing|local|localhost|staging|stage|debug|ci)$/i;

/**
 * Whether a condition holds in production, where it is about the kind of environment.
 *
 * @returns `undefined` if it is about anything else.
 */
export function holdsInProduction(condition: PhpNode): boolean | undefined {
  if (condition.kind === "unary" && condition.type === "!") {
    const what = child(condition, "what");
    const held = what === undefined ? undefined : holdsInProduction(what);
    return held === undefined ? undefined : !held;
  }
  if (condition.kind !== "bin") return isDebugFlag(condition) ? false : undefined;
  const left = child(condition, "left");
  const right = child(condition, "right");
  if (left === undefined || right === undefined) return undefined;
  switch (condition.type) {
    case "&&":
    case "and": {
      const both = [holdsInProduction(left), holdsInProduction(right)];
      return both.includes(false) ? false : both.includes(true) ? true : undefined;
    }
    case "==":
    case "===":
    case "!=":
    case "!==": {
      const compared = [left, right].find(({ kind }) => kind === "string")?.value;
      if (typeof compared !== "string") return undefined;
      const isEqual = String(condition.type).startsWith("=");
      if (PRODUCTION.test(compared)) return isEqual;
      if (ELSEWHERE.test(compared)) return !isEqual;
      return undefined;
    }
    default:
      return undefined;
  }
}

/** `APP_DEBUG`, `$debug`, `$config->debug`: off in production. */
function isDebugFlag(node: PhpNode): boolean {
  const last = node.kind === "propertylookup" ? child(node, "offset") : node;
  return /^(app_?|is_?)?debug(_?mode)?$/i.test(nameOf(last)?.replace(/^.*\\/, "") ?? "");
}
