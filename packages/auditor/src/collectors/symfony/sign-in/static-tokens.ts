/**
 * Tokens that stand in for a session and never change: a constant, a variable of the environment, or a column of the
 * account that no sign-in renews.
 * @module
 */
import type { Observation } from "../../../evidence.ts";
import { type ConfigNode, entryAt } from "../../config/config-node.ts";
import { child, type PhpNode, placeOf } from "../../php/php-file.ts";
import { evaluate, scalarOf } from "../../php/php-value.ts";
import {
  argumentOf,
  indexPhp,
  isInside,
  namedFunctionOf,
  type PhpCall,
  type PhpClass,
  type PhpFunction,
} from "../../php/php-walk.ts";
import { isAuthenticator, titleOf, typesOf } from "../code/code-roles.ts";
import { callsOf, codeTextOf, expandedText } from "../code/code-text.ts";
import { nameNode } from "../code/session-rotation.ts";
import type { SymfonyApplication } from "../code/symfony-application.ts";
import { resolveEntry } from "../configuration/symfony-values.ts";

const topic = "static-tokens";
const REMEDY =
  "Issue a random token for each sign-in, keep its hash with an end, and delete it when the person signs out.";

/** Sent by the visitor. */
const SENT =
  /(headers|query|request|cookies)->get\(|->getCredentials\(|getPayload\(|\$(access|api|auth|bearer)?_?(token|key|credentials)\b|extractAccessToken/i;
/** And a secret by its name: routes, methods and types are compared with constants too. */
const SECRET = /token|key|secret|bearer|authorization|credential|signature/i;
const OTHER = /csrf|_route|content-?type|tokenStorage/i;
/** The same for everybody and for ever. */
const FIXED =
  /\$_(ENV|SERVER)\[|\bgetenv\(|->getParameter\(|\b(self|static)::[A-Z_]*(TOKEN|KEY|SECRET)/;
const FIXED_PROPERTY = /\$this->\w*(token|key|secret)\w*(?!\s*(->|\())\b/i;
/** What programs prove themselves with, and no person. */
const FOR_PROGRAMS = /webhook|callback|hmac|signature|cron|health|metrics|monitor/i;

export function staticTokens(app: SymfonyApplication): Observation[] {
  return usedAuthenticators(app).flatMap(({ of, keepsSession, isTokenHandler }) => {
    if (FOR_PROGRAMS.test(of.name ?? "")) return [];
    const constant = keepsSession || isTokenHandler ? byConstant(app, of) : [];
    return constant.length > 0 || !keepsSession ? constant : byColumn(app, of);
  });
}

interface Used {
  readonly of: PhpClass;
  readonly keepsSession: boolean;
  readonly isTokenHandler: boolean;
}

/** Authenticators and token handlers of the application that a firewall names. */
function usedAuthenticators(app: SymfonyApplication): readonly Used[] {
  return app.firewalls.flatMap(({ isStateless, authenticators }) =>
    authenticators.flatMap(({ key, node, services }): Used[] => {
      const names = services.map(({ id }) => id);
      const handler = key === "access_token" ? handlerOf(app, node) : undefined;
      if (handler !== undefined) names.push(handler);
      return names.flatMap((name) => {
        const of = app.code.classNamed(name.replace(/^@/, ""));
        if (of === undefined || (handler === undefined && !isAuthenticator(app.code, of)))
          return [];
        return { of, keepsSession: !isStateless, isTokenHandler: handler !== undefined };
      });
    }),
  );
}

function handlerOf(app: SymfonyApplication, node: ConfigNode): string | undefined {
  const entry = entryAt(node, "token_handler", "id") ?? entryAt(node, "token_handler");
  const value = entry === undefined ? undefined : resolveEntry(app.config, entry).value;
  return typeof value === "string" ? value : undefined;
}

/** What is sent equals what stands in code, configuration or the environment. */
function byConstant(app: SymfonyApplication, of: PhpClass): Observation[] {
  for (const method of of.methods.values()) {
    if (method.name === "supports") continue;
    for (const [left, right] of comparisonsOf(method)) {
      const isFixed =
        (isSent(method, left) && isConstant(app, method, right)) ||
        (isSent(method, right) && isConstant(app, method, left));
      if (!isFixed) continue;
      const title = titleOf(method).trim().replace(" ", "::");
      const what = `${title} takes a request for a signed-in one because a token in it equals a fixed one.`;
      return [{ topic, place: placeOf(method.file, left), kind: "fault", what, remedy: REMEDY }];
    }
  }
  return [];
}

function comparisonsOf(method: PhpFunction): readonly (readonly [PhpNode, PhpNode])[] {
  const operators = indexPhp(method.file)
    .ofKind("bin")
    .filter((node) => isInside(node, method.node) && /^[!=]==?$/.test(String(node.type)))
    .map((node) => [child(node, "left"), child(node, "right")] as const);
  const calls = callsOf(method)
    .filter(({ name }) => name === "hash_equals")
    .map((call) => [argumentOf(call, 0), argumentOf(call, 1)] as const);
  return [...operators, ...calls].flatMap(([left, right]) =>
    left === undefined || right === undefined ? [] : [[left, right] as const],
  );
}

function isSent(method: PhpFunction, node: PhpNode): boolean {
  if (node.kind === "propertylookup") return false;
  const text = expandedText(method, node);
  return SENT.test(text) && SECRET.test(text) && !OTHER.test(text);
}

function isConstant(app: SymfonyApplication, method: PhpFunction, node: PhpNode): boolean {
  const value = evaluate(app.code, method.file, node);
  if (value.kind === "environment") return true;
  const written = scalarOf(value);
  // Short words are names of schemes, not secrets.
  if (typeof written === "string") return written.length >= 8 && !/[\s/]/.test(written);
  const text = expandedText(method, node);
  if (SENT.test(text) && !FIXED_PROPERTY.test(text)) return false;
  return FIXED.test(text) || (node.kind === "propertylookup" && isGivenText(method.of, text));
}

/** A property that the constructor is given as text, by configuration. */
function isGivenText(of: PhpClass | undefined, text: string): boolean {
  const name = /\$this->(\w+)/.exec(text)?.[1];
  const made = of?.methods.get("__construct");
  if (made === undefined || name === undefined || !FIXED_PROPERTY.test(text)) return false;
  return made.parameters.some((parameter) => {
    const written = codeTextOf(made.file, parameter);
    return (
      new RegExp(`\\$${name}\\b`).test(written) &&
      (/\bstring\b/.test(written) || typesOf(made.file, parameter).length === 0)
    );
  });
}

/** `findOneBy(['apiToken' => …])` on an account, where nothing ever gives the account another one. */
function byColumn(app: SymfonyApplication, of: PhpClass): Observation[] {
  const calls = [...of.methods.values()].flatMap((method) => callsOf(method));
  for (const call of calls) {
    const column = columnOf(call);
    if (column === undefined || isRenewed(app, column)) continue;
    const what = `${of.name?.replace(/^.*\\/, "")} takes a request for a signed-in one by the account's column ${column}, which no sign-in renews.`;
    const place = placeOf(call.file, nameNode(call) ?? call.node);
    return [{ topic, place, kind: "fault", what, remedy: REMEDY }];
  }
  return [];
}

const COLUMN = /^(api|access|auth|secret|static)_?(token|key)$/i;

function columnOf(call: PhpCall): string | undefined {
  const short = /^findoneby(\w+)$/.exec(call.name)?.[1];
  if (short !== undefined) return COLUMN.test(short) ? short : undefined;
  if (call.name !== "findoneby" && call.name !== "findby") return undefined;
  const criteria = argumentOf(call, 0);
  const entries = criteria === undefined ? [] : ((criteria.items ?? []) as PhpNode[]);
  return entries
    .map((entry) => child(entry, "key")?.value)
    .find((key): key is string => typeof key === "string" && COLUMN.test(key));
}

/** Given anew where somebody signs in or out, or taken away after it was used. */
function isRenewed(app: SymfonyApplication, column: string): boolean {
  const setter = `set${column.replaceAll("_", "")}`.toLowerCase();
  return app.code.callsNamed(setter).some((call) => {
    const method = namedFunctionOf(call.file, call.node);
    const title = `${titleOf(method)} ${method === undefined ? "" : codeTextOf(method.file, method.node)}`;
    return (
      /log_?in|sign_?in|authenticat|log_?out|LoginSuccess/i.test(title) ||
      argumentOf(call, 0)?.kind === "nullkeyword"
    );
  });
}
