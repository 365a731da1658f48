/**
 * What the session, or a variable in its place, says of who somebody is, and another step or person wrote.
 * @module
 */
import ts from "typescript";
import type { Observation } from "../../../evidence.ts";
import { nodesOf, placeOf, textOf } from "../../script/script-file.ts";
import type { ScriptProject } from "../../script/script-project.ts";
import { bindingOf, usesOf } from "../../script/script-scope.ts";
import {
  type FunctionNode,
  functionAround,
  isFunctionNode,
  isWithin,
} from "../../script/script-syntax.ts";
import { handlerOf } from "../code/call-targets.ts";
import { handlerAround, requestFlow, shownAt, takesRequest } from "../code/handlers.ts";
import { isAbout, isIdentityKey, isWeakIdentityKey } from "../code/identity.ts";
import { routesOf, routesTo } from "../code/routes.ts";
import { keyOfSession } from "../code/session-access.ts";

/** One person's identity; nobody calls what all share so. */
const IDENTITY =
  /^(?:current|logged_?in|signed_?in|active|auth(?:enticated)?|session)_?(?:user|account|member|customer|admin)\w*$/i;
const TEXT = /\b(?:let|var)\s+(?:current|logged_?in|signed_?in|active|auth|session)/i;

export function sessionPuzzling(project: ScriptProject): readonly Observation[] {
  const found: Observation[] = [...unprovenSteps(project)];
  for (const source of project.filesWith(TEXT)) {
    for (const statement of source.statements) {
      if (!ts.isVariableStatement(statement)) continue;
      for (const declaration of statement.declarationList.declarations) {
        const write = sharedWrite(project, declaration);
        if (write === undefined) continue;
        found.push({
          topic: "session-puzzling",
          place: placeOf(write),
          kind: "fault",
          what: `${textOf(write)} keeps who is signed in in a variable that all requests share: one person's answer is made for another.`,
          remedy: "Keep it on the request or in the session, never in a variable of the module.",
        });
      }
    }
  }
  return found;
}

/** What proves that a link or an answer came from the account's owner. */
const PROOF = /token|code|otp|\bpin\b|hash|verif|answer|secret|sign/i;

/** A step for a forgotten password that names the account, and so signs it in for every guard. */
function unprovenSteps(project: ScriptProject): readonly Observation[] {
  return routesOf(project).flatMap((route): Observation[] => {
    if (route.method !== "post" || !isAbout("reset", route.path)) return [];
    if (PROOF.test(route.path)) return [];
    const last = route.handlers.at(-1);
    const handler = last && handlerOf(project, last);
    if (handler === undefined) return [];
    const { events, words } = requestFlow(project, handler);
    if ([...words].some((word) => PROOF.test(word))) return [];
    const at = events.findIndex(
      ({ kind, key = "" }) => kind === "write" && isIdentityKey(key) && !isWeakIdentityKey(key),
    );
    const write = events[at];
    const before = events.slice(0, at).map(({ kind }) => kind);
    const isProven = /check|single-sign-on|log-in|read|password-set/.test(before.join(" "));
    if (write?.key === undefined || isProven || !before.includes("lookup")) return [];
    if (!isGuarding(project, write.key)) return [];
    return [
      {
        topic: "session-puzzling",
        place: placeOf(shownAt(handler, write)),
        kind: "fault",
        what: `${textOf(write.node)} stands in a step for forgotten passwords that proves nothing, and guards take ${write.key} for who is signed in.`,
        remedy: "Keep the account of a reset under a key of its own, or in the token of the link.",
      },
    ];
  });
}

/** Whether a middleware asks for the key. */
function isGuarding(project: ScriptProject, key: string): boolean {
  for (const source of project.filesWith(/\bnext\b/)) {
    for (const node of nodesOf(source)) {
      if (!ts.isPropertyAccessExpression(node) || keyOfSession(node) !== key) continue;
      const around = functionAround(node);
      const takesNext = around?.parameters.some(({ name }) => name.getText() === "next") ?? false;
      if (takesNext && isAsked(node)) return true;
    }
  }
  return false;
}

/** In a condition. */
function isAsked(node: ts.Node): boolean {
  let inner = node;
  for (let at = node.parent; at !== undefined && !isFunctionNode(at); inner = at, at = at.parent) {
    if (ts.isIfStatement(at)) return at.expression === inner;
    if (ts.isConditionalExpression(at)) return at.condition === inner;
  }
  return false;
}

/** Where a handler of requests writes a variable of the module, and another reads it. */
function sharedWrite(
  project: ScriptProject,
  { name }: ts.VariableDeclaration,
): ts.BinaryExpression | undefined {
  if (!ts.isIdentifier(name) || !IDENTITY.test(name.text)) return undefined;
  const binding = bindingOf(name);
  const uses = binding === undefined ? [] : usesOf(name.text, binding);
  const writes = uses.flatMap(({ parent }) =>
    ts.isBinaryExpression(parent) &&
    parent.operatorToken.kind === ts.SyntaxKind.EqualsToken &&
    parent.left.getText() === name.text &&
    mentionsPerson(parent.right)
      ? [parent]
      : [],
  );
  const write = writes.find((one) => isAnswering(project, handlerAround(one)));
  const handler = write && handlerAround(write);
  if (handler === undefined) return undefined;
  const isRead = uses.some((use) => {
    const isTarget = ts.isBinaryExpression(use.parent) && use.parent.left === use;
    return !isTarget && !isWithin(use, handler) && isAnswering(project, handlerAround(use));
  });
  return isRead ? write : undefined;
}

/** Something of a look-up or a request, not `null` at the end. */
function mentionsPerson(value: ts.Expression): boolean {
  for (const node of nodesOf(value)) {
    if (ts.isIdentifier(node) || ts.isCallExpression(node)) return node.getText() !== "undefined";
  }
  return false;
}

/** A function on a route of the server. */
function isAnswering(project: ScriptProject, node: FunctionNode | undefined): boolean {
  return (
    node !== undefined &&
    isFunctionNode(node) &&
    takesRequest(node) &&
    routesTo(project, node).length > 0
  );
}
