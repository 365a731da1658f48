/**
 * Passport: whether its version changes the session's id at sign-in and ends the session at sign-out.
 * @module
 */
import ts from "typescript";
import type { Place } from "../../../evidence.ts";
import { placeOf } from "../../script/script-file.ts";
import type { ScriptProject } from "../../script/script-project.ts";
import { bindingOf, identifiersOf, usesOf } from "../../script/script-scope.ts";
import { bare, isFunctionNode } from "../../script/script-syntax.ts";
import { property, shipped, truthOf } from "../../script/script-value.ts";
import { isAtLeast } from "../packages/version.ts";

export interface Passport {
  /** With its version. */
  readonly label: string;
  /** `logIn` makes a new id and `logOut` ends the session. */
  readonly rotates: boolean | undefined;
}

export function passportOf(versions: Readonly<Record<string, string>>): Passport {
  const fastify = versions["@fastify/passport"] ?? versions["fastify-passport"];
  if (fastify !== undefined) {
    // CVE-2023-29019: fixed in 1.1.0 and 2.3.0.
    const isSecond = isAtLeast(fastify, "2.0.0") === true;
    const rotates = isAtLeast(fastify, isSecond ? "2.3.0" : "1.1.0");
    return { label: `@fastify/passport ${fastify}`, rotates };
  }
  const version = versions.passport;
  if (version !== undefined)
    return { label: `passport ${version}`, rotates: isAtLeast(version, "0.6.0") };
  const koa = versions["koa-passport"];
  // Version 5 is the first on passport 0.6.
  if (koa !== undefined) return { label: `koa-passport ${koa}`, rotates: isAtLeast(koa, "5.0.0") };
  return { label: "passport", rotates: undefined };
}

/** `passport.authenticate(strategy)` as a middleware that signs in by itself. */
export interface AutomaticSignIn {
  readonly node: ts.CallExpression;
  readonly place: Place;
  readonly strategy: string;
}

/** Strategies that identify single requests and keep no session. */
const PER_REQUEST =
  /jwt|bearer|basic|anonymous|token|api-?key|headerapikey|client-password|hmac|digest|session/i;

export function automaticSignIns(project: ScriptProject): readonly AutomaticSignIn[] {
  const found: AutomaticSignIn[] = [];
  for (const source of project.filesWith(/\.authenticate\b/)) {
    for (const call of authenticateCalls(source)) {
      const [first, ...rest] = call.arguments;
      if (first === undefined || rest.some((one) => isFunctionNode(bare(one)))) continue;
      const strategy = strategyName(project, first);
      if (PER_REQUEST.test(strategy)) continue;
      const options = rest[0] && project.evaluator.evaluate(rest[0]);
      if (options !== undefined && truthOf(property(options, "session")) === false) {
        const session = shipped(property(options, "session"));
        if (session.kind === "literal" && session.value !== undefined) continue;
      }
      found.push({ node: call, place: placeOf(call), strategy });
    }
  }
  return found;
}

/** Calls of `passport.authenticate`, also under a short name that it was given. */
function authenticateCalls(source: ts.SourceFile): readonly ts.CallExpression[] {
  return identifiersOf(source, "authenticate").flatMap((use) => {
    const member = use.parent;
    if (!ts.isPropertyAccessExpression(member) || member.name !== use) return [];
    if (!/passport|authenticator/i.test(member.expression.getText())) return [];
    const { parent } = member;
    if (ts.isCallExpression(parent) && parent.expression === member) return [parent];
    let at: ts.Node = parent;
    while (ts.isPropertyAccessExpression(at) || ts.isCallExpression(at)) at = at.parent;
    if (!ts.isVariableDeclaration(at) || !ts.isIdentifier(at.name)) return [];
    const binding = bindingOf(at.name);
    const uses = binding === undefined ? [] : usesOf(at.name.text, binding);
    return uses.flatMap(({ parent: call }) => (ts.isCallExpression(call) ? [call] : []));
  });
}

function strategyName(project: ScriptProject, node: ts.Expression): string {
  const value = shipped(project.evaluator.evaluate(node));
  if (value.kind === "literal") return String(value.value);
  if (value.kind === "array") {
    const names = value.items
      .map(shipped)
      .flatMap((one) => (one.kind === "literal" ? [String(one.value)] : []));
    return names.join(" ");
  }
  return node.getText();
}
