/**
 * Which key of the session says who somebody is, and which code writes it.
 * @module
 */
import { child, nameOf, type PhpFile, type PhpNode } from "../../php/php-file.ts";
import {
  indexPhp,
  isInside,
  namedFunctionOf,
  offsetOf,
  type PhpFunction,
} from "../../php/php-walk.ts";
import { isAboutSomebody, isNothing, methodName } from "./about-somebody.ts";
import { entriesOf } from "./call-graph.ts";
import { isCredentialCheck } from "./credential-check.ts";
import { identityCookies } from "./identity-cookies.ts";
import type { PhalconApplication } from "./phalcon-application.ts";
import { isSuperglobal, type SessionOperation, sessionOperations } from "./session-operations.ts";
import { traceOf } from "./trace.ts";

export interface IdentityWrite {
  readonly operation: SessionOperation;
  readonly within: PhpFunction;
  /** Not in the session, but in a cookie of its own. */
  readonly isCookie?: boolean;
}

/** Keys that identify somebody, whatever is written to them. */
const IDENTITY =
  /^(auth|user|admin|member|account|customer|identity|login|logged|principal|uid|client)$|auth|identity|logged|current_?user|user_?(id|name|data|info|email)|admin_?(id|user)|member_?id|account_?id|customer_?id/i;
/** What an account has beside its identity: kept under a name of the same beginning, it signs nobody in. */
const ATTRIBUTE =
  /^(auth|identity|user|admin|member|account|customer|client)[-_.]+(?!(id|uid|user|data|info|token|name|email|login|logged|signed|record|identity|auth|object|model|entity|session|key|hash)(?![a-z]))[a-z]/i;
/** What else a sign-in leaves in the session. */
const SOMETHING_ELSE =
  /csrf|token|flash|captcha|lang|locale|error|message|redirect|return|referr?er|url|uri|attempt|fail|count|last|time|seen|remember|old_?input|theme|timezone|state|nonce|verifier|2fa|otp|pending|reset|passw|forgot|step|wizard|install|cart|basket|order|filter|search|sort|page|pins?$|upload|payment|billing/i;
/** Functions that sign somebody in by their name. */
export const SIGNS_IN: RegExp =
  /^_?(do|process|handle|try)?_?(log_?in|sign_?in|authenticate|authori[sz]e)(?!ed|_?(url|link|form|page))/i;
/** Keys that hold an identity, whatever else their name may mention. */
const SURELY = /^(auth|identity)([-_.]?(identity|id|user|data|info|token))?$/i;

/** By its name, a key holds who somebody is. */
export function isIdentityKey(key: string | undefined): boolean {
  if (key === undefined) return false;
  return (
    SURELY.test(key) || (IDENTITY.test(key) && !ATTRIBUTE.test(key) && !SOMETHING_ELSE.test(key))
  );
}

const found = new WeakMap<PhalconApplication, readonly IdentityWrite[]>();

export function identityWrites(phalcon: PhalconApplication): readonly IdentityWrite[] {
  const known = found.get(phalcon);
  if (known !== undefined) return known;
  const writes = sessionOperations(phalcon).flatMap((operation): readonly IdentityWrite[] => {
    if (operation.kind !== "write" || isNothing(operation.value)) return [];
    const within = namedFunctionOf(operation.file, operation.node) ?? topLevel(operation);
    if (within === undefined || isRefresh(operation, within)) return [];
    return isIdentity(phalcon, operation, within) ? [{ operation, within }] : [];
  });
  const keys = new Set(writes.map(({ operation }) => operation.key));
  const alreadyFound = new Set(writes.map(({ operation }) => operation));
  // The same key is written elsewhere too, by code that looks like nothing in particular.
  const more = sessionOperations(phalcon).flatMap((operation): readonly IdentityWrite[] => {
    if (operation.kind !== "write" || operation.key === undefined || !keys.has(operation.key))
      return [];
    if (alreadyFound.has(operation) || isNothing(operation.value)) return [];
    const within = namedFunctionOf(operation.file, operation.node) ?? topLevel(operation);
    if (within === undefined || isRefresh(operation, within)) return [];
    return isAboutSomebody(operation.file, operation.value) ? [{ operation, within }] : [];
  });
  const inSession = perFunction([...writes, ...more]);
  const all = inSession.length > 0 ? inSession : perFunction(cookieWrites(phalcon));
  found.set(phalcon, all);
  return all;
}

/** Where the session knows nobody, a cookie that is written after the check may. */
function cookieWrites(phalcon: PhalconApplication): readonly IdentityWrite[] {
  return identityCookies(phalcon).flatMap(({ name, issued }) =>
    issued.map(({ write: { call, place, value }, within }): IdentityWrite => {
      const { file, node } = call;
      const operation = { kind: "write", file, node, place, key: name, value, isNative: false };
      return { operation: operation as SessionOperation, within, isCookie: true };
    }),
  );
}

/** Several keys of one identity, written in one go, are one sign-in. */
function perFunction(writes: readonly IdentityWrite[]): readonly IdentityWrite[] {
  const seen = new Map<PhpNode, IdentityWrite>();
  for (const write of writes) {
    const known = seen.get(write.within.node);
    const isFirst =
      known === undefined || offsetOf(write.operation.node) < offsetOf(known.operation.node);
    if (isFirst) seen.set(write.within.node, write);
  }
  return [...seen.values()];
}

const foundKeys = new WeakMap<PhalconApplication, ReadonlySet<string>>();

/** Asked for at each sign-out, and read once. */
export function identityKeys(phalcon: PhalconApplication): ReadonlySet<string> {
  const known = foundKeys.get(phalcon) ?? findKeys(phalcon);
  foundKeys.set(phalcon, known);
  return known;
}

function findKeys(phalcon: PhalconApplication): ReadonlySet<string> {
  const functions = new Set(identityWrites(phalcon).map(({ within }) => within.node));
  const keys = new Set<string>();
  for (const { kind, key, file, node } of sessionOperations(phalcon)) {
    const within = namedFunctionOf(file, node);
    if (kind !== "write" || key === undefined || within === undefined) continue;
    if (!functions.has(within.node)) continue;
    if (SURELY.test(key) || !(SOMETHING_ELSE.test(key) || ATTRIBUTE.test(key))) keys.add(key);
  }
  return keys;
}

/** Code outside any function, in a page of its own: the file stands for the function. */
function topLevel({ file }: SessionOperation): PhpFunction | undefined {
  const known = topLevels.get(file);
  if (known !== undefined) return known;
  const whole: PhpFunction = {
    node: file.program,
    file,
    name: undefined,
    parameters: [],
    of: undefined,
  };
  topLevels.set(file, whole);
  return whole;
}

const topLevels = new WeakMap<PhpFile, PhpFunction>();

function isIdentity(
  phalcon: PhalconApplication,
  operation: SessionOperation,
  within: PhpFunction,
): boolean {
  const { key, value } = operation;
  if (key !== undefined && SOMETHING_ELSE.test(key) && !SURELY.test(key)) return false;
  const looksLikeIt = key !== undefined && IDENTITY.test(key) && !ATTRIBUTE.test(key);
  if (looksLikeIt && isAboutSomebody(operation.file, value)) return true;
  if (key === undefined && !isAboutSomebody(operation.file, value)) return false;
  if (!looksLikeIt && !/(^|_)id$/i.test(key ?? "") && !isAskedFor(phalcon, operation)) return false;
  return entriesOf(phalcon, within).some((entry) => {
    const steps = traceOf(phalcon, entry);
    const at = steps.findIndex(({ node }) => node === operation.node);
    const write = steps[at];
    if (write === undefined) return false;
    // The check stands on the way to the write, not in a function that was passed by.
    const functions = write.trail.flatMap(({ file, node }) => namedFunctionOf(file, node) ?? []);
    const way = new Set(functions.map(({ node }) => node));
    const saysSo = looksLikeIt || functions.some(({ name }) => SIGNS_IN.test(name ?? ""));
    return steps
      .slice(0, at)
      .some(
        (step) =>
          isCredentialCheck(step) &&
          (saysSo || way.has(namedFunctionOf(step.file, step.node)?.node as PhpNode)),
      );
  });
}

/** What says who somebody is, is asked for in more places than the one that wrote it. */
function isAskedFor(phalcon: PhalconApplication, { key, file }: SessionOperation): boolean {
  if (key === undefined) return true;
  const readers = sessionOperations(phalcon).filter(
    (operation) => operation.kind === "read" && operation.key === key,
  );
  return (
    new Set(readers.map((reader) => reader.file.file)).size > 1 ||
    readers.some((reader) => reader.file !== file)
  );
}

/** Where the session is asked who somebody is, though nothing here says who wrote it. */
export function identityReads(phalcon: PhalconApplication): readonly SessionOperation[] {
  return sessionOperations(phalcon).filter(
    ({ kind, key }) => kind === "read" && key !== undefined && SURELY.test(key),
  );
}

/** What is written was read from the session before, and nobody else's id was put into it. */
function isRefresh(operation: SessionOperation, within: PhpFunction): boolean {
  const { file, value } = operation;
  const variable = value?.kind === "variable" ? nameOf(value) : undefined;
  if (variable === undefined) return false;
  const index = indexPhp(file);
  const assigned = index.assignmentsTo(variable).filter((node) => isInside(node, within.node));
  const wasRead = assigned.some((node) => {
    const right = child(node, "right");
    return child(node, "left")?.kind === "variable" && right !== undefined && readsSession(right);
  });
  if (!wasRead) return false;
  return !index.assignments.some((node) => {
    const left = child(node, "left");
    const offset = child(left, "offset");
    const field = nameOf(offset) ?? String(offset?.value ?? "");
    return (
      isInside(node, within.node) &&
      nameOf(child(left, "what")) === variable &&
      /(^|_)(id|uid|user)$|user_?id|logged/i.test(field)
    );
  });
}

function readsSession(node: PhpNode): boolean {
  if (node.kind === "offsetlookup") {
    const what = child(node, "what");
    return what !== undefined && isSuperglobal(what);
  }
  if (node.kind !== "call" || methodName(node).toLowerCase() !== "get") return false;
  const target = child(child(node, "what"), "what");
  return /^session$/i.test(nameOf(child(target, "offset")) ?? nameOf(target) ?? "");
}
