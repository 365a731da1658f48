/**
 * A check of the application's own that refuses requests of other sites, and where it stands.
 * @module
 */
import ts from "typescript";
import { nodesOf, textOf } from "../../script/script-file.ts";
import type { ScriptProject } from "../../script/script-project.ts";
import {
  calleeName,
  type FunctionNode,
  functionAround,
  functionName,
} from "../../script/script-syntax.ts";
import { type Route, routesOf } from "../code/routes.ts";

export interface OwnCheck {
  readonly node: ts.Node;
  /** The routes that name it; `undefined` if it stands before all, or nobody can tell. */
  readonly routes: readonly Route[] | undefined;
}

/** A comparison of a token, of Origin or of Sec-Fetch-Site that refuses what does not match. */
export function ownCheckOf(project: ScriptProject): OwnCheck | undefined {
  for (const source of project.filesWith(/csrf|xsrf|sec-fetch-site|x-requested-with|origin/i)) {
    for (const node of nodesOf(source)) {
      if (!ts.isBinaryExpression(node) || !isComparison(node) || !comparesSender(node)) continue;
      const around = functionAround(node);
      if (around !== undefined && REFUSES.test(around.getText())) {
        return { node, routes: routesNaming(project, around) };
      }
    }
  }
  return undefined;
}

const REFUSES =
  /\b403\b|forbidden|\bthrow\b|next\(\s*(?:new|err|create)|unauthori[sz]ed|\b419\b|\b400\b/i;

function comparesSender(node: ts.BinaryExpression): boolean {
  const text = node.getText();
  // The handler of a library's error is no check of its own.
  if (/EBADCSRFTOKEN|\berr(?:or)?\b|Error\b/.test(text)) return false;
  if (/csrf|xsrf/i.test(text) && /cookies?|session|header|body|token|get\(/i.test(text))
    return true;
  if (/sec-fetch-site|x-requested-with/i.test(text)) return true;
  // Origin against the host that was asked: another site's cannot be equal.
  return /\borigin/i.test(text) && /\bhost(?:name)?\b/i.test(text);
}

function isComparison(node: ts.BinaryExpression): boolean {
  const { kind } = node.operatorToken;
  return (
    kind === ts.SyntaxKind.EqualsEqualsEqualsToken ||
    kind === ts.SyntaxKind.ExclamationEqualsEqualsToken ||
    kind === ts.SyntaxKind.EqualsEqualsToken ||
    kind === ts.SyntaxKind.ExclamationEqualsToken
  );
}

/** A check with a name that only some routes give among their handlers guards these, and no others. */
function routesNaming(project: ScriptProject, around: FunctionNode): readonly Route[] | undefined {
  const name = nameOf(around);
  if (name === undefined || name.length < 4) return undefined;
  const word = new RegExp(`\\b${name.replaceAll("$", "\\$")}\\b`);
  const named = routesOf(project).filter(({ handlers }) =>
    handlers.some((one) => !ts.isFunctionLike(one) && word.test(textOf(one, 400))),
  );
  const isWhole = named.some(({ method }) => method === "use") || isHook(project, word);
  return isWhole || named.length === 0 ? undefined : named;
}

/** Its own name, or the one under which Fastify hands it out. */
function nameOf(node: FunctionNode): string | undefined {
  const { parent } = node;
  const [first] = ts.isCallExpression(parent) ? parent.arguments : [];
  const isDecoration =
    ts.isCallExpression(parent) && /^decorate\w*$/.test(calleeName(parent) ?? "");
  if (isDecoration && first !== undefined && ts.isStringLiteralLike(first)) return first.text;
  const own = functionName(node);
  if (own !== undefined) return own;
  // const check = () => (req, res, next) => …
  const outer = functionAround(node);
  return outer === undefined ? undefined : functionName(outer);
}

function isHook(project: ScriptProject, name: RegExp): boolean {
  for (const source of project.filesWith(/addHook|useGlobal|\.apply\(/)) {
    for (const node of nodesOf(source)) {
      if (!ts.isCallExpression(node)) continue;
      if (!/^(?:addHook|useGlobal\w+|apply)$/.test(calleeName(node) ?? "")) continue;
      if (node.arguments.some((one) => name.test(textOf(one, 200)))) return true;
    }
  }
  return false;
}
