/**
 * Cookies that an application writes, clears and reads by itself, through the calls of its framework.
 * @module
 */
import ts from "typescript";
import { nodesOf } from "../../script/script-file.ts";
import type { ScriptProject } from "../../script/script-project.ts";
import { bindingOf } from "../../script/script-scope.ts";
import { bare, calleeName, chainOf, propertyName } from "../../script/script-syntax.ts";
import { property, shipped } from "../../script/script-value.ts";

/** Whose call it is: what is not told to it is another thing for each. */
export type CookieApi = "express" | "fastify" | "koa" | "next" | "hono" | "h3" | "header";

export interface CookieCall {
  readonly act: "write" | "clear" | "read";
  readonly api: CookieApi;
  readonly name: string;
  readonly nameNode: ts.Expression | undefined;
  readonly value: ts.Expression | undefined;
  readonly options: ts.Expression | undefined;
  readonly node: ts.Node;
}

type Versions = Readonly<Record<string, string>>;

export function cookieCallsOf(project: ScriptProject, versions: Versions): readonly CookieCall[] {
  const found: CookieCall[] = [];
  for (const source of project.filesWith(/cookie/i)) {
    for (const node of nodesOf(source)) {
      if (ts.isCallExpression(node)) {
        const call = callAt(project, versions, node);
        if (call !== undefined) found.push(call);
      } else found.push(...readsAt(project, node));
    }
  }
  return found;
}

/** What a name is, wherever it is written; variables of the environment by their own name. */
function nameOf(project: ScriptProject, node: ts.Expression): string | undefined {
  const value = shipped(project.evaluator.evaluate(node));
  if (value.kind === "environment") return `$${value.name}`;
  return value.kind === "literal" && typeof value.value === "string" ? value.value : undefined;
}

/** Name, value and options as a call is given them, before it is known whether it writes or clears. */
interface Given {
  readonly api: CookieApi;
  readonly list: readonly ts.Expression[];
  readonly clears?: true;
  readonly reads?: true;
}

function callAt(
  project: ScriptProject,
  versions: Versions,
  node: ts.CallExpression,
): CookieCall | undefined {
  const given = givenTo(project, versions, node);
  const [first, second, third] = given?.list ?? [];
  if (given === undefined || first === undefined) return undefined;
  const object = bare(first);
  if (ts.isObjectLiteralExpression(object)) return inObject(project, given, object, node);
  const name = nameOf(project, first);
  if (name === undefined) return undefined;
  const isEnded = second === undefined || isNothing(second) || endsAtOnce(third);
  const act = given.reads ? "read" : given.clears || isEnded ? "clear" : "write";
  return { act, api: given.api, name, nameNode: first, value: second, options: third, node };
}

/** `cookies().set({ name, value, httpOnly: true })` */
function inObject(
  project: ScriptProject,
  { api, clears }: Given,
  object: ts.ObjectLiteralExpression,
  node: ts.CallExpression,
): CookieCall | undefined {
  const at = (key: string): ts.Expression | undefined => {
    const item = object.properties.find((one) => propertyName(one.name) === key);
    if (item === undefined) return undefined;
    if (ts.isShorthandPropertyAssignment(item)) return item.name;
    return ts.isPropertyAssignment(item) ? item.initializer : undefined;
  };
  const nameNode = at("name");
  const name = nameNode && nameOf(project, nameNode);
  if (name === undefined) return undefined;
  const value = at("value");
  const isEnded = value === undefined || isNothing(value) || endsAtOnce(object);
  const act = clears || isEnded ? "clear" : "write";
  return { act, api, name, nameNode, value, options: object, node };
}

function isNothing(node: ts.Expression): boolean {
  return /^(?:null|undefined|""|''|``|void 0)$/.test(bare(node).getText());
}

function endsAtOnce(options: ts.Expression | undefined): boolean {
  const text = options?.getText() ?? "";
  return /\bmaxAge:\s*(?:0|-\d+)\s*[,}\n]|\bexpires:\s*(?:new Date\(\s*(?:0|1|["'][^"']*1970[^"']*["'])\s*\)|new Date\(Date\.now\(\)\s*-)/.test(
    text,
  );
}

function givenTo(
  project: ScriptProject,
  versions: Versions,
  node: ts.CallExpression,
): Given | undefined {
  const name = calleeName(node) ?? "";
  const list = node.arguments;
  const callee = bare(node.expression);
  if (!ts.isPropertyAccessExpression(callee)) return byFunction(project, versions, node, name);
  if (name === "cookie" && list.length >= 2 && isResponse(callee.expression)) {
    return { api: apiOfResponse(versions, callee.expression), list };
  }
  if (name === "setCookie" && isFastify(versions) && list.length >= 2) {
    return { api: "fastify", list };
  }
  if (name === "clearCookie" && list.length > 0) {
    return { api: apiOfResponse(versions, callee.expression), list, clears: true };
  }
  if (!/^(?:set|get|delete)$/.test(name)) return undefined;
  const api = jarOf(project, versions, callee.expression);
  if (api === undefined) return undefined;
  if (name === "get") return { api, list, reads: true };
  return name === "delete" ? { api, list, clears: true } : { api, list };
}

/** `setCookie(c, name, …)` of Hono and h3, `serialize(name, …)` of cookie. */
function byFunction(
  project: ScriptProject,
  versions: Versions,
  node: ts.CallExpression,
  name: string,
): Given | undefined {
  if (!/^(?:(?:set|get|delete)(?:Signed)?Cookie|serialize\w*)$/.test(name)) return undefined;
  const value = project.evaluator.evaluate(node.expression);
  const module = value.kind === "external" ? value.module : "";
  const list = node.arguments;
  if (/^serialize/.test(name)) {
    const isSent = /set-cookie/i.test(node.getSourceFile().text);
    return module === "cookie" && isSent ? { api: "header", list } : undefined;
  }
  const isNuxt = versions.nuxt !== undefined && (module === "" || module === "global");
  const api = module === "hono/cookie" ? "hono" : module === "h3" || isNuxt ? "h3" : undefined;
  if (api === undefined) return undefined;
  const rest = list.slice(1);
  if (name === "getSignedCookie") return { api, list: rest.slice(1), reads: true };
  // setSignedCookie(c, name, value, secret, options)
  if (name === "setSignedCookie") {
    return { api, list: rest.filter((_, index) => index !== 2) };
  }
  if (/^get/.test(name)) return { api, list: rest, reads: true };
  return /^delete/.test(name) ? { api, list: rest, clears: true } : { api, list: rest };
}

function isResponse(node: ts.Expression): boolean {
  let at = bare(node);
  // res.status(200).cookie(…)
  for (let depth = 0; depth < 8 && ts.isCallExpression(at); depth += 1) {
    const callee = bare(at.expression);
    if (!ts.isPropertyAccessExpression(callee)) return false;
    at = bare(callee.expression);
  }
  return /^_?(?:\w*res|\w*response|\w*reply)$/i.test(chainOf(at)?.at(-1) ?? "");
}

function isFastify(versions: Versions): boolean {
  return ["fastify", "@nestjs/platform-fastify", "@fastify/cookie", "fastify-cookie"].some(
    (one) => versions[one] !== undefined,
  );
}

function apiOfResponse(versions: Versions, owner: ts.Expression): CookieApi {
  if (!isFastify(versions)) return "express";
  const isExpress =
    versions.express !== undefined && versions["@nestjs/platform-fastify"] === undefined;
  return !isExpress || /reply$/i.test(owner.getText()) ? "fastify" : "express";
}

/** Something with `set`, `get` and `delete` for cookies. */
function jarOf(
  project: ScriptProject,
  versions: Versions,
  owner: ts.Expression,
): CookieApi | undefined {
  const node = bare(owner);
  if (ts.isPropertyAccessExpression(node)) {
    if (node.name.text !== "cookies") return undefined;
    const holder = chainOf(node.expression)?.at(-1) ?? "";
    if (/ctx|context/i.test(holder)) return isKoa(versions) ? "koa" : undefined;
    return versions.next !== undefined && holder !== "" ? "next" : undefined;
  }
  let made: ts.Expression = node;
  for (let depth = 0; depth < 3 && ts.isIdentifier(made); depth += 1) {
    const binding = bindingOf(made);
    if (binding?.kind !== "variable" || binding.path.length > 0) return undefined;
    if (binding.node.initializer === undefined) return undefined;
    made = bare(binding.node.initializer);
  }
  if (ts.isPropertyAccessExpression(made)) return jarOf(project, versions, made);
  if (!ts.isCallExpression(made) && !ts.isNewExpression(made)) return undefined;
  const value = project.evaluator.evaluate(made.expression);
  const module = value.kind === "external" ? value.module : "";
  if (module === "next/headers") return "next";
  return module === "cookies" && ts.isNewExpression(made) ? "koa" : undefined;
}

function isKoa(versions: Versions): boolean {
  return ["koa", "egg", "@midwayjs/koa"].some((one) => versions[one] !== undefined);
}

/** `req.cookies.sid`, `req.cookies["sid"]`, `const { sid } = req.cookies`. */
function readsAt(project: ScriptProject, node: ts.Node): readonly CookieCall[] {
  const read = (name: string, at: ts.Node): CookieCall => ({
    act: "read",
    api: "express",
    name,
    nameNode: undefined,
    value: undefined,
    options: undefined,
    node: at,
  });
  if (ts.isPropertyAccessExpression(node)) {
    const isMethod = ts.isCallExpression(node.parent) && node.parent.expression === node;
    return isRecord(project, node.expression) && !isMethod ? [read(node.name.text, node)] : [];
  }
  if (ts.isElementAccessExpression(node)) {
    if (!isRecord(project, node.expression)) return [];
    const name = nameOf(project, node.argumentExpression);
    return name === undefined ? [] : [read(name, node)];
  }
  if (!ts.isVariableDeclaration(node) || !ts.isObjectBindingPattern(node.name)) return [];
  if (node.initializer === undefined || !isRecord(project, node.initializer)) return [];
  return node.name.elements.flatMap((one) => {
    const name = propertyName(one.propertyName ?? one.name);
    return name === undefined ? [] : [read(name, one)];
  });
}

/** The cookies of a request as an object. */
function isRecord(project: ScriptProject, expression: ts.Expression, depth = 0): boolean {
  let node = bare(expression);
  if (depth > 3) return false;
  // (req.cookies || {})
  if (ts.isBinaryExpression(node)) node = bare(node.left);
  if (ts.isPropertyAccessExpression(node)) {
    if (!/^(?:cookies|signedCookies)$/.test(node.name.text)) return false;
    return /(?:req|request|ctx|context|handshake|client|socket)$/i.test(
      chainOf(node.expression)?.at(-1) ?? "",
    );
  }
  if (ts.isCallExpression(node)) {
    const value = project.evaluator.evaluate(node.expression);
    const isParser = value.kind === "external" && /^cookie$/.test(value.module);
    return isParser && /^parse/.test(calleeName(node) ?? "");
  }
  if (!ts.isIdentifier(node)) return false;
  const binding = bindingOf(node);
  if (binding?.kind !== "variable") return false;
  if (/^(?:cookies|signedCookies)$/.test(binding.path.at(-1) ?? "")) return true;
  const { initializer } = binding.node;
  return (
    binding.path.length === 0 &&
    initializer !== undefined &&
    isRecord(project, initializer, depth + 1)
  );
}

/** A name that options of a library say a token is taken from. */
export function optionName(
  project: ScriptProject,
  node: ts.Expression,
  ...path: readonly string[]
): string | undefined {
  const value = shipped(path.reduce(property, project.evaluator.evaluate(node)));
  return value.kind === "literal" && typeof value.value === "string" ? value.value : undefined;
}
