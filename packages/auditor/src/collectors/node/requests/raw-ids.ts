/**
 * Ids of the cookie that code looks something up with by itself: in a path, in a query that takes objects, in a
 * key. A cookie parser turns `j:{…}` into an object, and a key has no bound.
 * @module
 */
import ts from "typescript";
import type { Observation } from "../../../evidence.ts";
import { nodesOf, placeOf, textOf } from "../../script/script-file.ts";
import type { ScriptProject } from "../../script/script-project.ts";
import { bindingOf } from "../../script/script-scope.ts";
import { bare, calleeName, type FunctionNode, functionAround } from "../../script/script-syntax.ts";

const topic = "id-validation";
const NAME = /sess|sid|token|auth|remember|login/i;
const READS =
  /^(?:readFile\w*|createReadStream|existsSync|unlink\w*|access\w*|stat\w*|join|resolve)$/;
const KEYS = /^(?:get|hget|hgetall|getex|del|hGet|hGetAll|getDel)$/;
const FINDS =
  /^(?:findOne|find|findOneAndUpdate|findOneAndDelete|deleteOne|updateOne|exists|countDocuments)$/;
const CHECKS =
  /typeof\s|String\(|\.toString\(\)|\.length\b|\.test\(|\.match\(|isUUID|validate|parse\(|isValid|\.verify\(|unsign|createHash|createHmac|hash\w*\(/i;

export function rawIds(project: ScriptProject): readonly Observation[] {
  const found: Observation[] = [];
  for (const source of project.filesWith(/\bcookies\b/)) {
    if (/\.[jt]sx$/.test(source.fileName)) continue;
    for (const node of nodesOf(source)) {
      if (!ts.isCallExpression(node)) continue;
      const seen = atCall(node);
      if (seen !== undefined) found.push(seen);
    }
  }
  return found;
}

function atCall(node: ts.CallExpression): Observation | undefined {
  const name = calleeName(node) ?? "";
  const owner = node.expression.getText();
  const into = FINDS.test(name)
    ? isOfDocuments(node) && "a query that takes objects"
    : READS.test(name) && /^(?:fs|fsp|path|readFile|existsSync|join|promises)/.test(owner)
      ? "a path"
      : KEYS.test(name) && /redis|client|cache|kv|store/i.test(owner) && "a key";
  if (!into) return undefined;
  const id = node.arguments.map((one) => rawIdIn(one)).find((one) => one !== undefined);
  const around = functionAround(node);
  if (id === undefined || isChecked(around, id)) return undefined;
  return {
    topic,
    place: placeOf(node),
    kind: "fault",
    what: `${textOf(node)} puts the cookie's value into ${into} as it comes.`,
    value: "unchecked",
    remedy:
      "Check that it is a text of the length and alphabet of your ids before anything is looked up with it.",
  };
}

/** Of Mongo: an ORM for SQL takes the value as a parameter. */
function isOfDocuments(node: ts.CallExpression): boolean {
  const { text } = node.getSourceFile();
  return /mongo|collection\(/i.test(text) || /\bcollection\b/i.test(node.expression.getText());
}

/** `req.cookies.sid` where it stands, or the variable that holds it. */
function rawIdIn(argument: ts.Node): string | undefined {
  for (const node of [argument, ...nodesOf(argument)]) {
    const direct = cookieIn(node);
    if (direct !== undefined) return direct;
    if (!ts.isIdentifier(node) || !NAME.test(node.text)) continue;
    const binding = bindingOf(node);
    if (binding?.kind !== "variable" || binding.node.initializer === undefined) continue;
    const isTaken =
      binding.path.length === 0
        ? cookieIn(bare(binding.node.initializer)) !== undefined
        : /^(?:req|request|ctx)\.cookies$/.test(binding.node.initializer.getText());
    if (isTaken) return node.text;
  }
  return undefined;
}

/** Signed cookies have been checked by the parser. */
function cookieIn(node: ts.Node): string | undefined {
  const isMember = ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node);
  if (!isMember || !/^(?:req|request|ctx)\.cookies$/.test(node.expression.getText()))
    return undefined;
  const name = ts.isPropertyAccessExpression(node)
    ? node.name.text
    : node.argumentExpression.getText();
  return NAME.test(name) ? node.getText() : undefined;
}

function isChecked(around: FunctionNode | undefined, id: string): boolean {
  if (around === undefined) return false;
  const text = around.getText();
  const word = id.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return [...text.matchAll(new RegExp(`[^;\\n]*${word}[^;\\n]*`, "g"))].some(([line]) =>
    CHECKS.test(line),
  );
}
