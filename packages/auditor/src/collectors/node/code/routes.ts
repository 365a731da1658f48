/**
 * Which route a function answers, and what stands before it there.
 * @module
 */
import ts from "typescript";
import type { ScriptProject } from "../../script/script-project.ts";
import { identifiersOf } from "../../script/script-scope.ts";
import {
  bare,
  calleeName,
  type FunctionNode,
  functionName,
  isFunctionNode,
  propertyName,
} from "../../script/script-syntax.ts";
import { shipped } from "../../script/script-value.ts";
import { wordsOf } from "./identity.ts";

export interface Route {
  /** Lower case; `all` for any. */
  readonly method: string;
  readonly path: string;
  /** The call or decorated method that registers it. */
  readonly node: ts.Node;
  /** Everything that is run, in order; the handler among them. */
  readonly handlers: readonly ts.Expression[];
}

const METHODS = /^(?:get|post|put|patch|delete|del|all|any|use|route|head|options)$/i;

/** Routes written as calls, by file. */
const known = new WeakMap<ScriptProject, readonly Route[]>();

export function routesOf(project: ScriptProject): readonly Route[] {
  const found = known.get(project);
  if (found !== undefined) return found;
  const routes: Route[] = [];
  const calls = project.filesWith(
    /\.(?:get|post|put|patch|delete|del|all|use|route)\s*(?:<[^(]*>)?\(|@(?:Post|Put|Patch|Delete|Get|All)\(/,
  );
  for (const source of calls) {
    for (const name of [
      "get",
      "post",
      "put",
      "patch",
      "delete",
      "del",
      "all",
      "use",
      "route",
      "any",
    ]) {
      for (const use of identifiersOf(source, name)) {
        const route = routeAt(project, use);
        if (route !== undefined) routes.push(route);
      }
    }
    for (const name of ["Post", "Put", "Patch", "Delete", "Get", "All"]) {
      for (const use of identifiersOf(source, name)) {
        const route = decorated(use, name);
        if (route !== undefined) routes.push(route);
      }
    }
  }
  known.set(project, routes);
  return routes;
}

function routeAt(project: ScriptProject, use: ts.Identifier): Route | undefined {
  const member = use.parent;
  if (!ts.isPropertyAccessExpression(member) || member.name !== use) return undefined;
  const call = member.parent;
  if (!ts.isCallExpression(call) || call.expression !== member) return undefined;
  const [first, ...rest] = call.arguments;
  if (first === undefined) return undefined;
  const method = use.text.toLowerCase();
  const options = bare(first);
  if (method === "route" && ts.isObjectLiteralExpression(options))
    return fastifyRoute(call, options);
  const path = pathOf(project, first);
  if (path !== undefined && rest.length > 0) return { method, path, node: call, handlers: rest };
  // router.route("/login").post(handler)
  const owner = routeCallBelow(member.expression);
  if (owner !== undefined && METHODS.test(method) && method !== "route") {
    return { method, path: pathOf(project, owner) ?? "", node: call, handlers: call.arguments };
  }
  if (method === "use" && path === undefined)
    return { method, path: "", node: call, handlers: call.arguments };
  return undefined;
}

function routeCallBelow(expression: ts.Expression): ts.Expression | undefined {
  let at = bare(expression);
  for (let depth = 0; depth < 12 && ts.isCallExpression(at); depth += 1) {
    if (calleeName(at) === "route") return at.arguments[0];
    const callee = bare(at.expression);
    if (!ts.isPropertyAccessExpression(callee)) return undefined;
    at = bare(callee.expression);
  }
  return undefined;
}

function pathOf(project: ScriptProject, node: ts.Expression): string | undefined {
  const direct = bare(node);
  if (ts.isStringLiteralLike(direct)) return direct.text;
  if (ts.isTemplateExpression(direct)) return direct.getText().replace(/[`${}]/g, "");
  if (ts.isArrayLiteralExpression(direct)) {
    const paths = direct.elements.filter(ts.isStringLiteralLike).map(({ text }) => text);
    return paths.length > 0 && paths.length === direct.elements.length
      ? paths.join(" ")
      : undefined;
  }
  if (ts.isPropertyAccessExpression(direct) || ts.isIdentifier(direct)) {
    const value = shipped(project.evaluator.evaluate(direct));
    return value.kind === "literal" && typeof value.value === "string" ? value.value : undefined;
  }
  return undefined;
}

function fastifyRoute(
  call: ts.CallExpression,
  options: ts.ObjectLiteralExpression,
): Route | undefined {
  let method = "all";
  let path = "";
  const handlers: ts.Expression[] = [];
  for (const item of options.properties) {
    const name = propertyName(item.name);
    if (ts.isMethodDeclaration(item) || !ts.isPropertyAssignment(item)) continue;
    const value = bare(item.initializer);
    if (name === "method" && ts.isStringLiteralLike(value)) method = value.text.toLowerCase();
    else if ((name === "url" || name === "path") && ts.isStringLiteralLike(value))
      path = value.text;
    else handlers.push(value);
  }
  return path === "" ? undefined : { method, path, node: call, handlers };
}

/** A controller's method with `@Post("login")`. */
function decorated(use: ts.Identifier, name: string): Route | undefined {
  const call = use.parent;
  if (!ts.isCallExpression(call) || !ts.isDecorator(call.parent)) return undefined;
  const method = call.parent.parent;
  if (!ts.isMethodDeclaration(method) || !ts.isClassLike(method.parent)) return undefined;
  const [path] = call.arguments;
  const controller = ts
    .getDecorators(method.parent as ts.ClassDeclaration)
    ?.find((one) => /^@Controller/.test(one.getText()));
  const prefix = /["'`]([^"'`]*)["'`]/.exec(controller?.getText() ?? "")?.[1] ?? "";
  const own = path !== undefined && ts.isStringLiteralLike(path) ? path.text : "";
  return { method: name.toLowerCase(), path: `/${prefix}/${own}`, node: method, handlers: [] };
}

/** Routes by the names and functions that stand in them: asking each route for each handler takes too long. */
interface RouteIndex {
  readonly byName: ReadonlyMap<string, readonly Route[]>;
  readonly byNode: ReadonlyMap<ts.Node, readonly Route[]>;
}

const indexes = new WeakMap<ScriptProject, RouteIndex>();

function indexOf(project: ScriptProject): RouteIndex {
  const found = indexes.get(project);
  if (found !== undefined) return found;
  const byName = new Map<string, Route[]>();
  const byNode = new Map<ts.Node, Route[]>();
  for (const route of routesOf(project)) {
    byNode.set(route.node, [...(byNode.get(route.node) ?? []), route]);
    const visit = (node: ts.Node, depth: number): void => {
      if (depth > 40) return;
      if (isFunctionNode(node)) byNode.set(node, [...(byNode.get(node) ?? []), route]);
      else if (ts.isIdentifier(node)) {
        const list = byName.get(node.text) ?? [];
        if (list.at(-1) !== route) list.push(route);
        byName.set(node.text, list);
      } else ts.forEachChild(node, (child) => visit(child, depth + 1));
    };
    for (const handler of route.handlers) visit(handler, 0);
  }
  const made = { byName, byNode };
  indexes.set(project, made);
  return made;
}

/** The routes that a function is a handler of. */
export function routesTo(project: ScriptProject, handler: FunctionNode): readonly Route[] {
  const { byName, byNode } = indexOf(project);
  const name = functionName(handler);
  const direct = byNode.get(handler) ?? [];
  const named = (name === undefined ? undefined : byName.get(name)) ?? [];
  const called = named.filter(
    (route) =>
      !direct.includes(route) && route.handlers.some((one) => mentions(one, handler, name)),
  );
  return [...direct, ...called];
}

function mentions(
  argument: ts.Expression,
  handler: FunctionNode,
  name: string | undefined,
  depth = 0,
): boolean {
  const node = bare(argument);
  if (node === handler) return true;
  if (depth > 3) return false;
  if (isFunctionNode(node)) return false;
  if (ts.isIdentifier(node)) return node.text === name;
  if (ts.isPropertyAccessExpression(node)) {
    return node.name.text === name && isLikely(node, handler);
  }
  if (ts.isElementAccessExpression(node)) return false;
  if (ts.isCallExpression(node)) {
    // Bound or wrapped: controller.login.bind(controller), asyncHandler(login).
    const callee = bare(node.expression);
    const isBound = ts.isPropertyAccessExpression(callee) && callee.name.text === "bind";
    if (isBound) return mentions(callee.expression, handler, name, depth + 1);
    return node.arguments.some((one) => mentions(one, handler, name, depth + 1));
  }
  if (ts.isArrayLiteralExpression(node)) {
    return node.elements.some((one) => mentions(one, handler, name, depth + 1));
  }
  return false;
}

/** A common name like `create` is taken only from an object whose name is in the file's or class's. */
function isLikely(node: ts.PropertyAccessExpression, handler: FunctionNode): boolean {
  const owner = wordsOf(node.expression.getText().split(".").at(-1) ?? "")
    .replace(/\b(?:controller|ctrl|handler|routes?|service)s?\b/g, "")
    .trim();
  if (owner === "" || owner === "this") return true;
  const file = wordsOf(handler.getSourceFile().fileName).replace(/ /g, "");
  const around = ts.isClassLike(handler.parent)
    ? wordsOf(handler.parent.name?.text ?? "").replace(/ /g, "")
    : "";
  const stem = owner.replace(/ /g, "").replace(/s$/, "");
  return (
    file.includes(stem) ||
    around.includes(stem) ||
    !/^(?:index|create|update|get|post|list|show|new|edit|delete|save)$/.test(
      functionName(handler) ?? "",
    )
  );
}

/** What a function is about, by its own name, its routes, and its file where that is the route. */
export function themeOf(project: ScriptProject, handler: FunctionNode): string {
  const name = functionName(handler) ?? "";
  const routes = routesTo(project, handler);
  const texts = [name, ...routes.map(({ path }) => path)];
  // A guard is about what its class is made from: class LocalGuard extends AuthGuard("local").
  const around = handler.parent;
  if (name === "canActivate" && ts.isClassLike(around)) {
    texts.push(around.name?.text ?? "", around.heritageClauses?.[0]?.getText() ?? "");
  }
  const isAnonymous = /^(?:|default|handler|handle|index|action|loader|[A-Z]+)$/.test(name);
  if (routes.length === 0 && isAnonymous) {
    texts.push(
      handler
        .getSourceFile()
        .fileName.split("/")
        .slice(-3)
        .join(" ")
        .replace(/\.\w+$/, ""),
    );
  }
  return texts.join(" ");
}
