/**
 * Actions of controllers with their routes and the methods that these allow, by attribute or annotation.
 * @module
 */
import type { PhpCode } from "../../php/php-code.ts";
import type { PhpClass, PhpFunction } from "../../php/php-walk.ts";
import { attributesOf, attributeValues, classesOf } from "./code-roles.ts";

/** Where an address leads, as far as it is known. */
export interface Route {
  /** In upper case; empty if every method is allowed. */
  readonly methods: readonly string[];
  readonly name?: string | undefined;
  /** With the prefix of its class, and without that of whatever imports it. */
  readonly path?: string | undefined;
}

export interface Action extends Route {
  readonly method: PhpFunction;
}

const ROUTE = /(^|\\)Route$/;
/** FOSRestBundle's and others' attributes that are a method themselves. */
const VERBS = /(^|\\)(Get|Post|Put|Patch|Delete)$/;

export function actionsOf(code: PhpCode): Action[] {
  return classesOf(code).flatMap((each) =>
    [...each.methods.values()].flatMap((method) => actionOf(code, each, method) ?? []),
  );
}

function actionOf(code: PhpCode, of: PhpClass, method: PhpFunction): Action | undefined {
  // A controller that is one action has its route on the class.
  const own =
    method.name === "__invoke"
      ? [...attributesOf(method.node), ...attributesOf(of.node)]
      : attributesOf(method.node);
  const prefix = prefixOf(code, of, method);
  for (const attribute of own) {
    const route = (position: number): Omit<Route, "methods"> => {
      const path = attributeValues(code, method.file, attribute, position, "path")?.[0];
      const name = attributeValues(code, method.file, attribute, position + 1, "name")?.[0];
      return { path: path === undefined ? undefined : prefix + path, name };
    };
    const verb = VERBS.exec(attribute.name)?.[2];
    if (verb !== undefined) return { method, methods: [verb.toUpperCase()], ...route(0) };
    if (!ROUTE.test(attribute.name)) continue;
    const methods = attributeValues(code, method.file, attribute, -1, "methods") ?? [];
    return {
      method,
      methods: methods.flatMap((each) => each.toUpperCase().split("|")),
      ...route(0),
    };
  }
  const comment =
    commentOf(method) + (method.name === "__invoke" ? commentOf({ ...method, node: of.node }) : "");
  if (!/@(\w+\\)*(Route|Get|Post|Put|Patch|Delete)\b/.test(comment)) return undefined;
  const written =
    /methods\s*=\s*(\{[^}]*\}|"[^"]*")/.exec(comment)?.[1] ??
    /@Method\(([^)]*)\)/.exec(comment)?.[1] ??
    "";
  const rest = /@(?:\w+\\)*(Get|Post|Put|Patch|Delete)\b/.exec(comment)?.[1];
  const methods = rest === undefined ? (written.match(/[A-Za-z]+/g) ?? []) : [rest];
  const path = /@(?:\w+\\)*(?:Route|Get|Post)\(\s*(?:path\s*=\s*)?"([^"]*)"/.exec(comment)?.[1];
  return {
    method,
    methods: methods.map((each) => each.toUpperCase()),
    path: path === undefined ? undefined : prefix + path,
    name: /\bname\s*=\s*"([^"]*)"/.exec(comment)?.[1],
  };
}

/** What the class puts before the paths of its actions. */
function prefixOf(code: PhpCode, of: PhpClass, method: PhpFunction): string {
  if (method.name === "__invoke") return "";
  const attribute = attributesOf(of.node).find(({ name }) => ROUTE.test(name));
  const path =
    attribute === undefined
      ? /@(?:\w+\\)*Route\(\s*(?:path\s*=\s*)?"([^"]*)"/.exec(
          commentOf({ ...method, node: of.node }),
        )?.[1]
      : attributeValues(code, method.file, attribute, 0, "path")?.[0];
  return path ?? "";
}

const MAX_COMMENT = 4_000;

/** The doc comment before it: the parser keeps none. */
function commentOf({ file, node }: PhpFunction): string {
  const start = node.loc?.start.offset ?? 0;
  const before = file.text.slice(Math.max(0, start - MAX_COMMENT), start);
  const opening = before.lastIndexOf("/**");
  const closing = before.indexOf("*/", opening);
  if (opening === -1 || closing === -1) return "";
  // Only attributes and modifiers stand between a comment and what it is about.
  return /[;{}]/.test(before.slice(closing)) ? "" : before.slice(opening, closing);
}

export function allowsGet({ methods }: Action): boolean {
  return methods.length === 0 || methods.includes("GET");
}
