/**
 * Code that runs before requests: middleware, guards, hooks, strategies, and what several handlers ask first.
 * @module
 */
import ts from "typescript";
import { nodesOf } from "../../script/script-file.ts";
import type { ScriptProject } from "../../script/script-project.ts";
import { identifiersOf } from "../../script/script-scope.ts";
import {
  bare,
  calleeName,
  type FunctionNode,
  functionAround,
  functionName,
  isWithin,
  propertyName,
} from "../../script/script-syntax.ts";
import { shipped } from "../../script/script-value.ts";
import { handlerAround } from "./handlers.ts";
import { isAbout, wordsOf } from "./identity.ts";
import { optionName } from "./own-cookie-calls.ts";
import { routesTo, themeOf } from "./routes.ts";

const GOES_ON = /^_?(?:next|done|proceed)$/;
const REGISTERS =
  /^(?:use|addHook|derive|onBeforeHandle|createMiddleware|defineMiddleware|createParamDecorator|defineEventHandlerWithAuth|decorate|rule|preHandler|middleware)$/;
const OPTIONS =
  /^(?:preHandler|onRequest|preValidation|context|createContext|jwtFromRequest|getToken|authenticate|handle)$/;
const NAMES = /^(?:canActivate|middleware|proxy|createContext|createTRPCContext|context|handle)$/;
const MAX_CLIMB = 3;
const MIN_CALLERS = 2;

/** The function before requests that a node belongs to; `undefined` if only single handlers come by it. */
export function guardAround(
  project: ScriptProject,
  node: ts.Node,
  depth = 0,
): FunctionNode | undefined {
  for (let at = functionAround(node); at !== undefined; at = functionAround(at)) {
    if (isBefore(project, at)) return at;
  }
  const own = handlerAround(node);
  if (own === undefined || depth >= MAX_CLIMB || routesTo(project, own).length > 0)
    return undefined;
  const callers = new Set<ts.Node>();
  for (const call of project.callsOf(own)) {
    if (isWithin(call, own)) continue;
    const guard = guardAround(project, call, depth + 1);
    if (guard !== undefined) return guard;
    const caller = handlerAround(call);
    if (caller === undefined) continue;
    const theme = themeOf(project, caller);
    const isOfToken = /\b(?:refresh|renew|revoke)\b/.test(wordsOf(theme));
    if (!isOfToken && !isAbout("signOut", theme)) callers.add(caller);
  }
  return callers.size >= MIN_CALLERS ? own : undefined;
}

function isBefore(project: ScriptProject, node: FunctionNode): boolean {
  const goesOn = node.parameters.some(
    ({ name, type }) => GOES_ON.test(name.getText()) || /NextFunction$/.test(type?.getText() ?? ""),
  );
  const name = functionName(node) ?? "";
  const routes = routesTo(project, node);
  if (goesOn) {
    // A handler takes next as well, to hand errors on.
    const isLast =
      routes.length > 0 &&
      routes.every(({ method, handlers }) => method !== "use" && isLastOf(handlers, node, name));
    return !isLast && callsOne(node);
  }
  if (NAMES.test(name)) return true;
  const { parent } = node;
  if (ts.isCallExpression(parent) && REGISTERS.test(calleeName(parent) ?? "")) return true;
  if (ts.isPropertyAssignment(parent) && OPTIONS.test(propertyName(parent.name) ?? "")) return true;
  if (ts.isMethodDeclaration(node) && OPTIONS.test(name)) return true;
  if (callsGiven(node)) return true;
  return (
    routes.some(({ method, handlers }) => method === "use" || !isLastOf(handlers, node, name)) ||
    isGivenAsHook(project, name)
  );
}

function isLastOf(handlers: readonly ts.Expression[], node: FunctionNode, name: string): boolean {
  const last = handlers.at(-1);
  if (last === undefined) return true;
  return isWithin(node, last) || new RegExp(`\\b${name || "^$"}\\b`).test(last.getText());
}

/** Whether what goes on with the request is called without an error, or handed on. */
function callsOne(node: FunctionNode): boolean {
  for (const inner of nodesOf(node)) {
    if (!ts.isCallExpression(inner)) continue;
    if (!GOES_ON.test(inner.expression.getText())) continue;
    if (inner.arguments.every((one) => /^(?:null|undefined)$/.test(one.getText()))) return true;
  }
  return false;
}

/** A wrapper around handlers: `(handler) => async (req, res) => { …; return handler(req, res); }`. */
function callsGiven(node: FunctionNode): boolean {
  const around = functionAround(node);
  const given = around?.parameters.flatMap(({ name }) =>
    ts.isIdentifier(name) ? [name.text] : [],
  );
  if (given === undefined || given.length === 0 || node.parameters.length === 0) return false;
  const isHandler = (name: string): boolean =>
    given.includes(name) && /handler|fn|func|next|callback|resolver|component|action/i.test(name);
  for (const inner of nodesOf(node)) {
    if (!ts.isCallExpression(inner) || !ts.isIdentifier(inner.expression)) continue;
    if (isHandler(inner.expression.text)) return true;
  }
  return false;
}

/** `preHandler: [verifySession]`, `app.addHook("onRequest", verifySession)`. */
function isGivenAsHook(project: ScriptProject, name: string): boolean {
  if (name.length < 4) return false;
  for (const source of project.filesWith(/addHook|preHandler|onRequest|preValidation/)) {
    for (const use of identifiersOf(source, name)) {
      let at: ts.Node = use.parent;
      while (ts.isPropertyAccessExpression(at) || ts.isArrayLiteralExpression(at)) at = at.parent;
      if (ts.isPropertyAssignment(at) && OPTIONS.test(propertyName(at.name) ?? "")) return true;
      if (ts.isCallExpression(at) && calleeName(at) === "addHook") return true;
    }
  }
  return false;
}

/** Whether a read is what a library is told to take the token from, which then verifies it. */
export function isExtractor(project: ScriptProject, read: ts.Node): boolean {
  const around = functionAround(read);
  if (around === undefined) return false;
  const text = around.getSourceFile().text;
  if (TAKES.test(text)) return true;
  const name = functionName(around);
  return (
    name !== undefined &&
    name.length > 3 &&
    project.filesWith(TAKES).some((source) => identifiersOf(source, name).length > 0)
  );
}

const TAKES = /["'](?:passport-jwt|express-jwt)["']/;

/** Libraries that are told the cookie's name: @fastify/jwt, koa-jwt, hono/jwt. */
export function namedToLibrary(project: ScriptProject, cookie: string): ts.Node | undefined {
  for (const source of project.filesWith(/@fastify\/jwt|fastify-jwt|koa-jwt|hono\/jwt/)) {
    for (const node of nodesOf(source)) {
      if (!ts.isCallExpression(node) || node.arguments.length === 0) continue;
      const [first, second] = node.arguments as unknown as readonly ts.Expression[];
      if (first === undefined) continue;
      const isRegistered = calleeName(node) === "register" && second !== undefined;
      const library = project.evaluator.evaluate(isRegistered ? first : node.expression);
      if (library.kind !== "external") continue;
      if (/^(?:@fastify\/jwt|fastify-jwt)$/.test(library.module) && isRegistered) {
        const isNamed = optionName(project, bare(second), "cookie", "cookieName") === cookie;
        const isAsked = project.filesWith(/\.jwtVerify\s*\(/).length > 0;
        if (isNamed && isAsked) return node;
      }
      const isMiddleware =
        library.module === "koa-jwt" ||
        (library.module === "hono/jwt" && calleeName(node) === "jwt");
      if (!isMiddleware || shipped(project.evaluator.evaluate(first)).kind !== "object") continue;
      const own =
        optionName(project, first, "cookie") ?? optionName(project, first, "cookie", "key");
      if (own === cookie) return node;
    }
  }
  return undefined;
}
