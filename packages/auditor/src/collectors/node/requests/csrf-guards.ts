/**
 * Middlewares, hooks and guards that refuse requests without a token, and which routes are behind them.
 * @module
 */
import ts from "typescript";
import type { Place } from "../../../evidence.ts";
import { isReached } from "../../script/evaluate-variable.ts";
import { nodesOf, textOf } from "../../script/script-file.ts";
import type { ScriptProject } from "../../script/script-project.ts";
import { bare, calleeName, isFunctionNode } from "../../script/script-syntax.ts";
import { isCsrfMiddleware, isCsrfProtection, packageOf } from "../code/protections.ts";
import { type Route, routesOf } from "../code/routes.ts";

const CSRF_TEXT = /csrf|csurf|lusca|xsrf/i;
/** What a token is handed out by has the same words in its name. */
const HANDS_OUT = /token|locals|generate|set/i;

/** Something that stands before every route of an application, or of one router. */
export interface Guard {
  readonly node: ts.Node;
  /** Text of the router that it belongs to; `undefined` for the whole application. */
  readonly router: string | undefined;
}

export function guardsOf(project: ScriptProject): readonly Guard[] {
  const found: Guard[] = [];
  for (const route of routesOf(project)) {
    const isWhole =
      route.method === "use" && (route.path === "" || route.path === "/" || route.path === "*");
    if (!isWhole || !isReached(project.evaluator, route.node)) continue;
    const node = route.handlers.find((one) => isProtection(project, one));
    if (node !== undefined) found.push({ node, router: routerOf(project, route) });
  }
  const inFramework = guardOfFramework(project);
  return inFramework === undefined ? found : [...found, { node: inFramework, router: undefined }];
}

function isProtection(project: ScriptProject, argument: ts.Expression): boolean {
  if (isCsrfMiddleware(project, argument)) return true;
  const node = bare(argument);
  if (isFunctionNode(node) || ts.isCallExpression(node)) return false;
  const text = textOf(node, 80);
  if (!CSRF_TEXT.test(text) || HANDS_OUT.test(text)) return false;
  // What a package hands out by that name is known to be no protection.
  const module = packageOf(project.evaluator.evaluate(node));
  // A member that somebody put on what Express made is not of Express.
  return module === undefined || /^(?:express|koa|@koa\/router|fastify)$/.test(module);
}

const MAKES_ROUTER = /^(?:Router|router|KoaRouter|createRouter)$/;
const ROUTER_PACKAGES = /^(?:express-promise-router|koa-router|@koa\/router|router)$/;

/** The router on which something is used, by its name there; nothing for the application itself. */
function routerOf(project: ScriptProject, { node }: Route): string | undefined {
  if (!ts.isCallExpression(node)) return undefined;
  const callee = bare(node.expression);
  if (!ts.isPropertyAccessExpression(callee)) return undefined;
  const owner = bare(callee.expression);
  return isRouter(project, owner) ? owner.getText() : undefined;
}

function isRouter(project: ScriptProject, node: ts.Expression): boolean {
  const value = project.evaluator.evaluate(node);
  if (value.kind !== "call") return false;
  return ROUTER_PACKAGES.test(value.module) || MAKES_ROUTER.test(value.path.at(-1) ?? "");
}

export interface SessionRouter {
  readonly name: string;
  readonly file: string;
}

/** The router that alone has sessions, if the set-up stands on one. */
export function sessionRouter(project: ScriptProject, place: Place): SessionRouter | undefined {
  for (const route of routesOf(project)) {
    const source = route.node.getSourceFile();
    if (route.method !== "use" || source.fileName !== place.file) continue;
    const position = source.getPositionOfLineAndCharacter(place.line - 1, place.column - 1);
    if (position < route.node.getStart() || position >= route.node.end) continue;
    const name = routerOf(project, route);
    return name === undefined || /^(?:router|app|server|api)$/.test(name)
      ? undefined
      : { name, file: place.file };
  }
  return undefined;
}

/** Routes on routers that are made beside the one with sessions have none to abuse. */
export function withoutOtherRouters(
  project: ScriptProject,
  router: SessionRouter | undefined,
  routes: readonly Route[],
): readonly Route[] {
  if (router === undefined) return routes;
  const others = new Set<string>();
  for (const source of project.filesWith(/Router\s*\(/)) {
    if (source.fileName !== router.file) continue;
    for (const node of nodesOf(source)) {
      const isMade =
        ts.isVariableDeclaration(node) &&
        ts.isIdentifier(node.name) &&
        node.initializer !== undefined &&
        isRouter(project, node.initializer);
      if (isMade && node.name.getText() !== router.name) others.add(node.name.getText());
    }
  }
  others.delete("router");
  return routes.filter(({ node }) => {
    const owner = /^(\w+)\s*\./.exec(node.getText())?.[1];
    return owner === undefined || !others.has(owner);
  });
}

/** Whether a route comes after the guard on the same router. */
export function isBehind({ node, router }: Guard, route: Route): boolean {
  if (router === undefined || !ts.isCallExpression(route.node)) return false;
  if (route.node.getSourceFile() !== node.getSourceFile() || route.node.pos < node.end)
    return false;
  const text = route.node.expression.getText();
  return text.startsWith(`${router}.`) || text.startsWith(`${router}\n`);
}

/** Routes that are registered before the guard, on the application or on a router that it mounts. */
export function earlierThan(
  project: ScriptProject,
  guard: ts.Node,
  routes: readonly Route[],
): readonly Route[] {
  const source = guard.getSourceFile();
  const isEarly = ({ node }: Route): boolean =>
    node.getSourceFile() === source && node.end <= guard.pos;
  const mounted = routesOf(project)
    .filter((route) => route.method === "use" && isEarly(route))
    .flatMap(({ handlers }) => handlers)
    .map((handler) => project.evaluator.evaluate(handler))
    .flatMap((value) =>
      value.kind === "call" && MAKES_ROUTER.test(value.path.at(-1) ?? "") ? value.place.file : [],
    );
  return routes.filter(
    (route) => isEarly(route) || mounted.includes(route.node.getSourceFile().fileName),
  );
}

/** Whether a route has a check of its own. */
export function isGuarded(project: ScriptProject, route: Route): boolean {
  return route.handlers.some((one) => {
    const node = bare(one);
    if (ts.isObjectLiteralExpression(node)) return /csrf/i.test(node.getText());
    if (isCsrfMiddleware(project, one)) return true;
    return !isFunctionNode(node) && CSRF_TEXT.test(textOf(node, 120));
  });
}

/** Where a protection is given to something that is not followed. */
export function handedOnProtection(project: ScriptProject): ts.Node | undefined {
  for (const source of project.filesWith(CSRF_TEXT)) {
    for (const node of nodesOf(source)) {
      if (!ts.isCallExpression(node) || !isReached(project.evaluator, node)) continue;
      const found = node.arguments.find((one) => {
        const argument = bare(one);
        if (ts.isLiteralExpression(argument) || isFunctionNode(argument)) return false;
        return isCsrfProtection(project, project.evaluator.evaluate(argument));
      });
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

/** A guard of Nest, or a hook of Fastify. */
function guardOfFramework(project: ScriptProject): ts.Node | undefined {
  for (const source of project.filesWith(/APP_GUARD|useGlobalGuards/)) {
    for (const node of nodesOf(source)) {
      const isClass = ts.isPropertyAssignment(node) && node.name.getText() === "useClass";
      if (isClass && CSRF_TEXT.test(node.initializer.getText())) return node;
      const isGlobal = ts.isCallExpression(node) && calleeName(node) === "useGlobalGuards";
      if (isGlobal && CSRF_TEXT.test(textOf(node, 200))) return node;
    }
  }
  for (const source of project.filesWith(/csrfProtection/)) {
    for (const node of nodesOf(source)) {
      if (!ts.isCallExpression(node) || calleeName(node) !== "addHook") continue;
      if (node.arguments.some((one) => /csrfProtection/.test(one.getText()))) return node;
    }
  }
  return undefined;
}
