/**
 * Where session libraries are set up: calls of them, registrations of their plug-ins, and configurations
 * handed to them. Only what runs in production counts.
 * @module
 */
import ts from "typescript";
import type { Place } from "../../../evidence.ts";
import { isReached } from "../../script/evaluate-variable.ts";
import { nodesOf, placeOf } from "../../script/script-file.ts";
import type { ScriptProject } from "../../script/script-project.ts";
import { bare, calleeName } from "../../script/script-syntax.ts";
import { literal, property, shipped, type Value } from "../../script/script-value.ts";
import { SESSION_LIBRARIES } from "../packages/packages.ts";

/** A library with the options it was given. */
export interface SetUp {
  readonly project: ScriptProject;
  /** Package name as it is today: `fastify-session` is `@fastify/session`. */
  readonly library: string;
  readonly version: string | undefined;
  /** With its version, as a reader is told. */
  readonly label: string;
  readonly options: Value;
  readonly place: Place;
}

const RENAMED: ReadonlyMap<string, string> = new Map([
  ["fastify-session", "@fastify/session"],
  ["@mgcrea/fastify-session", "@fastify/session"],
  ["fastify-secure-session", "@fastify/secure-session"],
  ["@auth/core", "next-auth"],
  ["@auth/express", "next-auth"],
  ["@auth/sveltekit", "next-auth"],
  ["iron-session/next", "iron-session"],
  ["iron-session/express", "iron-session"],
  ["iron-session/edge", "iron-session"],
  ["next-auth/next", "next-auth"],
]);

/** Functions of a library that set it up; `""` is what it exports itself. */
const ENTRIES: ReadonlyMap<string, RegExp> = new Map([
  ["express-session", /^$/],
  ["cookie-session", /^$/],
  ["@fastify/session", /^(?:fastifySession)?$/],
  ["@fastify/secure-session", /^(?:fastifySecureSession)?$/],
  ["koa-session", /^(?:createSession)?$/],
  ["koa-generic-session", /^$/],
  ["koa-session2", /^$/],
  ["koa-session-minimal", /^$/],
  ["iron-session", /^(?:getIronSession|ironSession|withIronSession\w*|unsealData|sealData)$/],
  ["hono-sessions", /^sessionMiddleware$/],
  ["next-auth", /^(?:NextAuth|Auth|ExpressAuth|SvelteKitAuth|AuthHandler)?$/],
  ["better-auth", /^(?:betterAuth)$/],
  ["holdfast", /^createSessions$/],
]);

const MAY_SET_UP = /session|auth|default|sealData/i;
const NAMED =
  /express-session|cookie-session|fastify-(?:secure-)?session|@fastify\/(?:secure-)?session|koa-(?:generic-)?session|iron-session|hono-sessions|next-auth|@auth\/|better-auth|holdfast/;

export function findSetUps(
  project: ScriptProject,
  versions: Readonly<Record<string, string>>,
): readonly SetUp[] {
  const found: SetUp[] = [];
  const seen = new Set<string>();
  for (const source of project.filesWith(NAMED)) {
    for (const node of nodesOf(source)) {
      if (!ts.isCallExpression(node)) continue;
      const setUp = setUpAt(project, versions, node);
      if (setUp === undefined || !isReached(project.evaluator, node)) continue;
      // iron-session is given the same options wherever a route opens the session.
      const { file, line } = setUp.options.place;
      const key = /^(?:iron-session|next-auth)$/.test(setUp.library)
        ? `${setUp.library} ${file}:${line}`
        : `${setUp.place.file}:${setUp.place.line}:${setUp.place.column}`;
      if (seen.has(key)) continue;
      seen.add(key);
      found.push(setUp);
    }
  }
  return withoutRepeats(inService(found));
}

/** An installer that runs once is not what visitors meet, if there is anything else. */
function inService(found: readonly SetUp[]): readonly SetUp[] {
  const served = found.filter(
    ({ place }) => !/(?:^|\/)(?:install(?:er)?|setup)\//.test(place.file),
  );
  return served.length === 0 ? found : served;
}

function setUpAt(
  project: ScriptProject,
  versions: Readonly<Record<string, string>>,
  node: ts.CallExpression,
): SetUp | undefined {
  const { evaluator } = project;
  const name = calleeName(node);
  if (name === "require") return undefined;
  const isRegistration = name === "register" || name === "use";
  const [first, second] = node.arguments;
  const registered = isRegistration && first !== undefined && second !== undefined;
  // A method by any other name is no set-up, and following what it gives back takes time.
  const isMethod = ts.isPropertyAccessExpression(bare(node.expression));
  if (!registered && isMethod && !MAY_SET_UP.test(name ?? "")) return undefined;
  const callee = registered ? evaluator.evaluate(first) : evaluator.evaluate(node.expression);
  const entry = entryOf(callee);
  if (entry === undefined) return undefined;
  const argument = registered ? second : optionsArgument(entry.library, node);
  const place = placeOf(node);
  const options = argument === undefined ? literal(undefined, place) : evaluator.evaluate(argument);
  return made(project, versions, entry, resolved(project, options), place);
}

interface Entry {
  readonly library: string;
  readonly package: string;
}

function entryOf(callee: Value): Entry | undefined {
  const isPlugin = callee.kind === "call" && callee.path.at(-1) !== "()";
  if (callee.kind !== "external" && !isPlugin) return undefined;
  const base = callee.module;
  const library = RENAMED.get(base) ?? base;
  const entry = ENTRIES.get(library);
  if (entry === undefined || !(SESSION_LIBRARIES.has(base) || RENAMED.has(base))) return undefined;
  if (callee.kind === "call") return undefined;
  return entry.test(callee.path.join("."))
    ? { library, package: base.replace(/^(iron-session|next-auth)\/.*$/, "$1") }
    : undefined;
}

/** Options stand in the place that each library wants them in. */
function optionsArgument(library: string, node: ts.CallExpression): ts.Expression | undefined {
  const list = node.arguments;
  if (library === "iron-session") return list.at(-1);
  if (library === "next-auth") return list.at(-1);
  if (library === "koa-session") {
    // session(app), session(options, app) and session(app, options) all work.
    const named = list.find((one) => !/^(?:\w*app|this(?:\.app)?|server)$/i.test(one.getText()));
    return named;
  }
  return list[0];
}

/** A function that gives the options for each request or instance: its result is what counts. */
function resolved(project: ScriptProject, options: Value): Value {
  const effective = shipped(options);
  if (effective.kind !== "function") return options;
  const { body } = effective.node;
  if (body === undefined) return options;
  if (!ts.isBlock(body)) return project.evaluator.evaluate(body);
  for (const node of nodesOf(body)) {
    if (ts.isReturnStatement(node) && node.expression !== undefined) {
      return project.evaluator.evaluate(node.expression);
    }
  }
  return options;
}

function made(
  project: ScriptProject,
  versions: Readonly<Record<string, string>>,
  { library, package: name }: Entry,
  options: Value,
  place: Place,
): SetUp {
  const version = versions[name];
  const label = version === undefined ? name : `${name} ${version}`;
  return { project, library, version, label, options, place };
}

/** A library that is set up in several branches with the same options is one session. */
function withoutRepeats(found: readonly SetUp[]): readonly SetUp[] {
  const known = found.filter(({ options }) => shipped(options).kind !== "unknown");
  // Calls whose options cannot be seen say nothing where another call of the library says them.
  return found.filter(
    (one) => known.includes(one) || !known.some(({ library }) => library === one.library),
  );
}

/** An option by any of its names, the first that is given. */
export function option(options: Value, ...names: readonly string[]): Value {
  let last: Value | undefined;
  for (const name of names) {
    const value = property(options, name);
    last ??= value;
    if (value.kind !== "literal" || value.value !== undefined) {
      if (value.kind !== "unknown" || name === names.at(-1)) return value;
    }
  }
  return last ?? literal(undefined, options.place);
}
