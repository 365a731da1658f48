/**
 * Files of variables that code loads by name: `dotenv.config({ path })`, `process.loadEnvFile(path)`.
 * A template that is loaded is no template any more.
 * @module
 */
import { posix } from "node:path";
import ts from "typescript";
import type { Tree } from "../tree.ts";
import { nodesOf, parseScript } from "./script-file.ts";
import { bare, calleeName, propertyName } from "./script-syntax.ts";

const LOADS = /\bloadEnvFile\b|\bdotenv|\benvFilePath\b/;
/** What stands around a call that is made elsewhere than in production. */
const ASKS_MODE = /NODE_ENV|production|development|\bis_?(?:dev|prod|test)\w*\b|\btest\b/i;

/** Paths in the tree, in the order in which code names them. */
export function namedEnvironments(
  tree: Tree,
  root: string,
  files: readonly string[],
): readonly string[] {
  const found = new Set<string>();
  for (const file of files) {
    if (!LOADS.test(tree.read(file) ?? "")) continue;
    const source = parseScript(tree, file);
    if (source === undefined) continue;
    for (const node of nodesOf(source)) {
      if (!ts.isCallExpression(node) || isConditional(node)) continue;
      for (const given of pathsIn(node)) {
        const path = pathOf(given, file, root);
        if (path !== undefined && tree.has(path)) found.add(path);
      }
    }
  }
  return [...found];
}

/** The expressions for a path in a call that loads a file. */
function pathsIn(node: ts.CallExpression): readonly ts.Expression[] {
  const name = calleeName(node);
  const [first] = node.arguments;
  if (first === undefined) return [];
  if (name === "loadEnvFile") return [first];
  const options = bare(first);
  if (!ts.isObjectLiteralExpression(options)) return [];
  const isNest = name === "forRoot" && /^ConfigModule\b/.test(node.expression.getText());
  const isDotenv = name === "config" && /dotenv|^(?:config|env)$/i.test(node.expression.getText());
  if (!isNest && !isDotenv) return [];
  return options.properties.flatMap((item) =>
    ts.isPropertyAssignment(item) && propertyName(item.name) === (isNest ? "envFilePath" : "path")
      ? listed(bare(item.initializer))
      : [],
  );
}

function listed(node: ts.Expression): readonly ts.Expression[] {
  return ts.isArrayLiteralExpression(node) ? node.elements : [node];
}

/** `".env.shop"`, `path.join(__dirname, "..", ".env.shop")`, `new URL("../.env.shop", import.meta.url)` */
function pathOf(given: ts.Expression, file: string, root: string): string | undefined {
  const node = bare(given);
  if (ts.isStringLiteralLike(node)) return posix.normalize(posix.join(root, node.text));
  const isMade =
    (ts.isCallExpression(node) && /^(?:join|resolve)$/.test(calleeName(node) ?? "")) ||
    (ts.isNewExpression(node) && node.expression.getText() === "URL");
  if (!isMade) return undefined;
  const parts: string[] = [];
  let base = root;
  for (const one of node.arguments ?? []) {
    const part = bare(one);
    if (ts.isStringLiteralLike(part)) parts.push(part.text);
    else if (/^(?:__dirname|import\.meta\.(?:url|dirname))$/.test(part.getText()))
      base = posix.dirname(file);
    else if (part.getText() !== "process.cwd()") return undefined;
  }
  const path = posix.normalize(posix.join(base, ...parts));
  return path.startsWith("..") ? undefined : path;
}

function isConditional(node: ts.Node): boolean {
  let inner = node;
  for (let at = node.parent; at !== undefined; inner = at, at = at.parent) {
    const condition = ts.isIfStatement(at)
      ? at.expression
      : ts.isConditionalExpression(at)
        ? at.condition
        : ts.isBinaryExpression(at)
          ? at.left
          : undefined;
    if (condition !== undefined && condition !== inner && ASKS_MODE.test(condition.getText()))
      return true;
  }
  return false;
}
