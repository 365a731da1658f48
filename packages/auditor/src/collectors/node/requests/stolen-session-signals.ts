/**
 * What becomes of a session that turns up elsewhere: where code compares the address or the browser of a request
 * with those that the session began with.
 * @module
 */
import ts from "typescript";
import type { Observation } from "../../../evidence.ts";
import { nodesOf, placeOf, textOf } from "../../script/script-file.ts";
import type { ScriptProject } from "../../script/script-project.ts";
import { functionAround, isFunctionNode, isWithin } from "../../script/script-syntax.ts";
import { handlerAround } from "../code/handlers.ts";
import { isUsed } from "../code/in-use.ts";
import { keyOfSession } from "../code/session-access.ts";

const topic = "stolen-session-signals";
const ADDRESS =
  /^(?:last_?|client_?|user_?|login_?|remote_?)?(?:ip|ip_?addr(?:ess)?|address|remoteAddress)$/i;
const BROWSER =
  /^(?:last_?|client_?|user_?|login_?)?(?:ua|agent|user_?agent|browser|device|fingerprint|device_?(?:id|fingerprint|hash)|country|region|geo|city|asn)$/i;
const OF_REQUEST = /\b(?:req|request|ctx|c)\b|\bip\b|userAgent|user-agent|fingerprint|country|geo/i;
const ENDS =
  /\.destroy\s*\(|\.regenerate\s*\(|log_?out\s*\(|\b40[13]\b|redirect\s*\(|\bthrow\b|session\s*=\s*null/i;

export function stolenSessionSignals(project: ScriptProject): readonly Observation[] {
  const found: Observation[] = [];
  for (const source of project.filesWith(/\.sess|session/)) {
    for (const node of nodesOf(source)) {
      if (!ts.isBinaryExpression(node) || !isUnequal(node)) continue;
      const seen = atComparison(project, node);
      if (seen !== undefined) found.push(seen);
    }
  }
  return found;
}

function isUnequal({ operatorToken: { kind } }: ts.BinaryExpression): boolean {
  return (
    kind === ts.SyntaxKind.ExclamationEqualsEqualsToken ||
    kind === ts.SyntaxKind.ExclamationEqualsToken
  );
}

function atComparison(project: ScriptProject, node: ts.BinaryExpression): Observation | undefined {
  const sides = [node.left, node.right];
  const keys = sides.map(keyOfSession);
  const at = keys.findIndex((key) => key !== undefined);
  const key = keys[at];
  const other = sides[1 - at];
  if (key === undefined || other === undefined || !OF_REQUEST.test(other.getText()))
    return undefined;
  const handler = handlerAround(node);
  const consequence = consequenceOf(node);
  if (consequence === undefined || !isUsed(project, handler)) return undefined;
  const place = placeOf(node);
  const ends = ENDS.test(consequence.getText());
  if (ADDRESS.test(key)) {
    // Beside another sign it is one of several, and what is only recorded shuts nobody out.
    const isAlone = !hasOtherSign(node);
    if (ends && isAlone) {
      return {
        topic,
        place,
        kind: "fault",
        what: `${textOf(node)} ends the session of whoever changes networks.`,
        value: "the address itself",
        remedy:
          "Compare what the browser says, or the region; ask for the password again instead of signing out.",
      };
    }
    return { topic, place, kind: "good", what: `${textOf(node)} notices another address.` };
  }
  if (!BROWSER.test(key)) return undefined;
  return {
    topic,
    place,
    kind: "good",
    what: `${textOf(node)} notices a session that turns up elsewhere.`,
  };
}

/** What happens if both differ. */
function consequenceOf(node: ts.Node): ts.Node | undefined {
  for (let at = node.parent; at !== undefined && !isFunctionNode(at); at = at.parent) {
    if (ts.isIfStatement(at)) return isWithin(node, at.expression) ? at.thenStatement : undefined;
    if (ts.isConditionalExpression(at)) return at.whenTrue;
    if (ts.isVariableDeclaration(at)) {
      const name = at.name.getText();
      const around = functionAround(at);
      for (const inner of around === undefined ? [] : nodesOf(around)) {
        if (ts.isIfStatement(inner) && new RegExp(`\\b${name}\\b`).test(inner.expression.getText()))
          return inner.thenStatement;
      }
      return undefined;
    }
  }
  return undefined;
}

/** `a !== b && c !== d`: both must differ. */
function hasOtherSign(node: ts.Node): boolean {
  const { parent } = node;
  return (
    ts.isBinaryExpression(parent) &&
    parent.operatorToken.kind === ts.SyntaxKind.AmpersandAmpersandToken &&
    /agent|browser|finger|device|country|region/i.test(parent.getText())
  );
}
