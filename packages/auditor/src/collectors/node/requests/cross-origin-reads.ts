/**
 * Which origins may read answers with the visitor's cookie: CORS packages, and headers set by hand.
 * @module
 */
import ts from "typescript";
import type { Observation } from "../../../evidence.ts";
import { isReached } from "../../script/evaluate-variable.ts";
import { nodesOf, placeOf, textOf } from "../../script/script-file.ts";
import type { ScriptProject } from "../../script/script-project.ts";
import { bindingOf } from "../../script/script-scope.ts";
import { bare, calleeName, functionAround } from "../../script/script-syntax.ts";
import { property, shipped, type Value } from "../../script/script-value.ts";
import { isAtLeast } from "../packages/version.ts";

const CORS_PACKAGES =
  /^(?:cors|kcors|@koa\/cors|koa-cors|koa2-cors|@fastify\/cors|fastify-cors|hono\/cors|@elysiajs\/cors)$/;
/** Packages that repeat the sender's origin unless they are told which ones to allow. */
const REFLECTS_BY_DEFAULT = /^(?:kcors|koa-cors|koa2-cors|@koa\/cors)$/;
const CHOOSES =
  /includes|indexOf|\.has\(|\.some\(|\.find\(|\.test\(|match|endsWith|startsWith|===|!==|==|allowed|whitelist|white_?list/i;
const REMEDY = "List the origins that may read answers with credentials.";

export function crossOriginReads(
  project: ScriptProject,
  versions: Readonly<Record<string, string>>,
  node: ts.Node,
): Observation[] {
  if (!ts.isCallExpression(node)) return [];
  return byPackage(project, versions, node) ?? byHeader(project, node);
}

function byPackage(
  project: ScriptProject,
  versions: Readonly<Record<string, string>>,
  node: ts.CallExpression,
): Observation[] | undefined {
  const { evaluator } = project;
  const name = calleeName(node);
  const isRegistered = name === "register";
  const isNest = name === "enableCors";
  const [first, second] = node.arguments;
  if (isRegistered && first === undefined) return undefined;
  const made = isNest
    ? undefined
    : evaluator.evaluate(isRegistered && first !== undefined ? first : node.expression);
  const module = made?.kind === "external" ? made.module : undefined;
  if (!isNest && (module === undefined || !CORS_PACKAGES.test(module))) return undefined;
  const argument = isRegistered ? second : first;
  if (argument === undefined || !isReached(evaluator, node)) return [];
  const options = evaluator.evaluate(argument);
  const credentials = shipped(property(options, "credentials"));
  if (credentials.kind !== "literal" || !credentials.value) return [];
  const origin = property(options, "origin");
  const version = module === undefined ? undefined : versions[module];
  const isReflected =
    module !== undefined &&
    REFLECTS_BY_DEFAULT.test(module) &&
    !(module === "@koa/cors" && isAtLeast(version, "5.0.0") === true);
  return judged(node, origin, isReflected);
}

function judged(node: ts.Node, origin: Value, isReflectedByDefault: boolean): Observation[] {
  const value = shipped(origin);
  const seen = (kind: Observation["kind"], what: string, remedy?: string): Observation[] => [
    { topic: "cross-origin-reads", place: placeOf(node), kind, what, ...(remedy && { remedy }) },
  ];
  const anybody = (): Observation[] =>
    seen("fault", `${textOf(node)} repeats every origin, with credentials.`, REMEDY);
  switch (value.kind) {
    case "literal":
      if (value.value === undefined) return isReflectedByDefault ? anybody() : [];
      if (value.value === true) return anybody();
      // Browsers refuse "*" beside credentials.
      if (value.value === "*" || !value.value) return [];
      return seen("good", `${textOf(node)} allows credentials to listed origins.`);
    case "array":
    case "environment":
      return seen("good", `${textOf(node)} allows credentials to listed origins.`);
    case "function": {
      const text = value.node.body?.getText() ?? "";
      if (CHOOSES.test(text)) return seen("good", `${textOf(node)} chooses among origins.`);
      return /true|origin|get\(|header/i.test(text) ? anybody() : [];
    }
    default:
      return hasAnyPattern(node)
        ? anybody()
        : seen("doubt", `Which origins ${textOf(node)} allows is decided elsewhere.`);
  }
}

/** A pattern that matches anything allows everybody, as `true` does. */
function hasAnyPattern(node: ts.Node): boolean {
  for (const inner of nodesOf(node)) {
    if (ts.isRegularExpressionLiteral(inner)) return /^\/\^?\.[*+]\$?\/[a-z]*$/.test(inner.text);
  }
  return false;
}

const SETS_HEADER = /^(?:set|header|setHeader|append|writeHead|headers)$/;
const ALLOWS_ORIGIN = /^access-control-allow-origin$/i;

/** `res.setHeader("Access-Control-Allow-Origin", req.headers.origin)` beside credentials. */
function byHeader(project: ScriptProject, node: ts.CallExpression): Observation[] {
  const [name, value] = node.arguments;
  if (!SETS_HEADER.test(calleeName(node) ?? "") || name === undefined || value === undefined)
    return [];
  const header = bare(name);
  if (!ts.isStringLiteralLike(header) || !ALLOWS_ORIGIN.test(header.text)) return [];
  const around = functionAround(node) ?? node.getSourceFile();
  const allows = /access-control-allow-credentials['"`]\s*[,:]\s*(?:['"`]true|true)/i;
  if (!allows.test(around.getText()) || !isReached(project.evaluator, node)) return [];
  if (!isSendersOrigin(value)) return [];
  const place = placeOf(node);
  const topic = "cross-origin-reads";
  if (isChosen(node, around)) {
    return [{ topic, place, kind: "good", what: `${textOf(node)} follows a check of the origin.` }];
  }
  const what = `${textOf(node)} repeats every origin, with credentials.`;
  return [{ topic, place, kind: "fault", what, remedy: REMEDY }];
}

function isSendersOrigin(value: ts.Expression): boolean {
  const text = value.getText();
  if (/headers?(?:\.origin|\[['"]origin)|(?:get|header)\(\s*['"]origin/i.test(text)) return true;
  const node = bare(value);
  if (!ts.isIdentifier(node)) return false;
  const binding = bindingOf(node);
  const initial = binding?.kind === "variable" ? binding.node.initializer : undefined;
  return initial !== undefined && /headers|get\(\s*['"]origin|header\(/i.test(initial.getText());
}

/** A condition between the function and the header that looks at the origin. */
function isChosen(node: ts.Node, around: ts.Node): boolean {
  for (let at = node.parent; at !== around && at !== undefined; at = at.parent) {
    const condition = ts.isIfStatement(at)
      ? at.expression
      : ts.isConditionalExpression(at)
        ? at.condition
        : undefined;
    if (condition !== undefined && CHOOSES.test(condition.getText())) return true;
  }
  // if (!allowed.includes(origin)) return …
  for (const inner of nodesOf(around)) {
    if (!ts.isIfStatement(inner) || inner.end > node.pos) continue;
    const leaves = /\breturn\b|\bthrow\b/.test(inner.thenStatement.getText());
    if (leaves && /origin/i.test(inner.expression.getText()) && CHOOSES.test(inner.getText()))
      return true;
  }
  return false;
}
