/**
 * Fixed tokens that a request is taken for a signed-in one by: a constant or a variable of the environment beside
 * the session, or a column of the account that nothing renews. Calls of machines that have no session count not.
 * @module
 */
import ts from "typescript";
import type { Observation } from "../../../evidence.ts";
import { nodesOf, placeOf, textOf } from "../../script/script-file.ts";
import type { ScriptProject } from "../../script/script-project.ts";
import { bare, calleeName, type FunctionNode, propertyName } from "../../script/script-syntax.ts";
import { shipped } from "../../script/script-value.ts";
import { handlerAround } from "../code/handlers.ts";
import { routesTo } from "../code/routes.ts";

const topic = "static-tokens";
/** What a request brings: a header, a parameter or a cookie. */
const BROUGHT =
  /\b(?:req|request|ctx|c)(?:\.\w+)*\.(?:headers?|query|params|cookies|get|header)\b|\bauthorization\b|authHeader|\b(?:api_?key|bearer|token)\b/i;
const TOKEN_WORD = /token|api_?key|bearer|secret|authorization|access_?key/i;
const MACHINES =
  /webhook|\bhooks?\b|cron|metrics|health|probe|internal|callback|stripe|github|signature|hmac|csrf|xsrf/i;
/** The same decision is made by the session, or the request is given an identity. */
const BESIDE =
  /\bsession\??\.\w*(?:user|account|uid|admin|logged|auth|sub)\w*|isAuthenticated\s*\(|\b(?:req|request)\.user\b|ctx\.state\.user|session\.(?:userId|user)\b/i;

export function staticTokens(project: ScriptProject): readonly Observation[] {
  const found: Observation[] = [];
  for (const source of project.filesWith(/token|api_?key|bearer|authorization/i)) {
    if (/\.[jt]sx$/.test(source.fileName)) continue;
    for (const node of nodesOf(source)) {
      const what = ts.isBinaryExpression(node)
        ? constantAt(project, node)
        : ts.isCallExpression(node)
          ? columnAt(node)
          : undefined;
      if (what === undefined) continue;
      const handler = handlerAround(node);
      if (handler === undefined || !isBesideSession(project, handler)) continue;
      found.push({
        topic,
        place: placeOf(node),
        kind: "fault",
        what,
        value: "a fixed token",
        remedy:
          "Issue a token for each session or client, keep its hash with an end, and let people revoke it.",
      });
    }
  }
  return found;
}

/** `req.get("x-api-key") === process.env.API_KEY` */
function constantAt(project: ScriptProject, node: ts.BinaryExpression): string | undefined {
  const { kind } = node.operatorToken;
  const isEquality =
    kind === ts.SyntaxKind.EqualsEqualsEqualsToken ||
    kind === ts.SyntaxKind.EqualsEqualsToken ||
    kind === ts.SyntaxKind.ExclamationEqualsEqualsToken ||
    kind === ts.SyntaxKind.ExclamationEqualsToken;
  if (!isEquality || MACHINES.test(node.getText())) return undefined;
  const pairs = [
    [node.left, node.right],
    [node.right, node.left],
  ] as const;
  for (const [brought, fixed] of pairs) {
    if (!BROUGHT.test(brought.getText()) || !TOKEN_WORD.test(node.getText())) continue;
    if (isFixed(project, fixed))
      return `${textOf(node)} opens the application by a token that never changes.`;
  }
  return undefined;
}

/** A secret of the environment or of the source: long, or called so. */
function isFixed(project: ScriptProject, node: ts.Expression): boolean {
  const text = bare(node).getText();
  if (/process\.env\.\w*(?:TOKEN|KEY|SECRET|BEARER)\w*/.test(text)) return true;
  if (
    !ts.isIdentifier(bare(node)) &&
    !ts.isStringLiteralLike(bare(node)) &&
    !ts.isTemplateExpression(bare(node)) &&
    !ts.isPropertyAccessExpression(bare(node))
  )
    return false;
  const value = project.evaluator.evaluate(node);
  if (value.kind === "environment") return /TOKEN|KEY|SECRET|BEARER/.test(value.name);
  const effective = shipped(value);
  return (
    effective.kind === "literal" &&
    typeof effective.value === "string" &&
    effective.value.replace(/^Bearer\s+/i, "").length >= 12
  );
}

/** `User.findOne({ apiKey: req.get("x-api-key") })`, whose account the request is then taken for. */
function columnAt(node: ts.CallExpression): string | undefined {
  if (!/^(?:find|get)\w*$/.test(calleeName(node) ?? "")) return undefined;
  if (!/user|account|member/i.test(node.expression.getText())) return undefined;
  for (const argument of node.arguments) {
    for (const item of nodesOf(argument)) {
      if (!ts.isPropertyAssignment(item)) continue;
      if (!/^(?:api_?key|api_?token|auth_?key|static_?token)$/i.test(propertyName(item.name) ?? ""))
        continue;
      if (/\b(?:req|request|ctx)\b|header|key|token/i.test(item.initializer.getText())) {
        return `${textOf(node)} takes a request for the account whose column equals what it brings.`;
      }
    }
  }
  return undefined;
}

function isBesideSession(project: ScriptProject, handler: FunctionNode): boolean {
  const routes = routesTo(project, handler);
  if (routes.some(({ path }) => MACHINES.test(path))) return false;
  return BESIDE.test(handler.getText());
}
