/**
 * Where somebody signs out, and whether the server's session ends there.
 * @module
 */
import type { SignOut } from "../../../evidence.ts";
import { type PhpFile, type PhpNode, placeOf } from "../../php/php-file.ts";
import { indexPhp, namedFunctionOf, type PhpFunction } from "../../php/php-walk.ts";
import { isNothing } from "../code/about-somebody.ts";
import { entriesOf } from "../code/call-graph.ts";
import { identityKeys, identityWrites } from "../code/identity.ts";
import { identityCookies } from "../code/identity-cookies.ts";
import type { PhalconApplication } from "../code/phalcon-application.ts";
import { sessionOperations } from "../code/session-operations.ts";
import { type Step, traceOf } from "../code/trace.ts";
import { guardSignOuts } from "../sign-in/auth-guard.ts";
import { nameFor, signInPaths } from "../sign-in/collect-sign-ins.ts";

const SAYS_SO =
  /log_?(user_?)?(out|off)(?!put|set|er|_?url|_?link)|sign_?(out|off)(?!er|_?url|_?link)/i;
/** Says so only of code that does end something. */
const MAY_SAY_SO =
  /^(session)?(end|exit|quit|leave|close|remove|destroy|clear|sair|desconectar)(auth|session|identity|user)?(action)?$/i;

/** A path that signs somebody out, from the function that a request reaches. */
export interface SignOutPath {
  readonly entry: PhpFunction;
  readonly steps: readonly Step[];
}

export function collectSignOuts(phalcon: PhalconApplication): readonly SignOut[] {
  const guarded = guardSignOuts(phalcon);
  if (signInPaths(phalcon).length === 0) return guarded;
  const keys = identityKeys(phalcon);
  const removals = cookieRemovals(phalcon);
  const signOuts = signOutPaths(phalcon).flatMap(
    ({ entry, steps }) =>
      cookieSignOut(entry, steps, removals) ?? signOutOf(entry, steps, keys) ?? [],
  );
  return distinct([
    ...guarded,
    ...signOuts.filter(
      ({ effect }) => guarded.length === 0 || effect === "destroyed" || effect === "key-removed",
    ),
  ]);
}

const foundPaths = new WeakMap<PhalconApplication, readonly SignOutPath[]>();

export function signOutPaths(phalcon: PhalconApplication): readonly SignOutPath[] {
  const known = foundPaths.get(phalcon) ?? findPaths(phalcon);
  foundPaths.set(phalcon, known);
  return known;
}

function findPaths(phalcon: PhalconApplication): readonly SignOutPath[] {
  const keys = identityKeys(phalcon);
  const functions = new Map<PhpFunction["node"], PhpFunction>();
  for (const { kind, key, value, file, node } of sessionOperations(phalcon)) {
    const ends =
      kind === "destroy" ||
      (kind === "remove" && (key === undefined || keys.has(key))) ||
      (kind === "write" && key !== undefined && keys.has(key) && isNothing(value));
    const within = ends ? namedFunctionOf(file, node) : undefined;
    if (within !== undefined) functions.set(within.node, within);
  }
  for (const [node, file] of cookieRemovals(phalcon)) {
    const within = namedFunctionOf(file, node);
    if (within !== undefined) functions.set(within.node, within);
  }
  const ended = [...functions.values()];
  for (const file of phalcon.code.files) {
    for (const each of indexPhp(file).functions) {
      if (each.name !== undefined && SAYS_SO.test(each.name)) functions.set(each.node, each);
    }
  }
  const signIns = new Set(signInPaths(phalcon).map(({ write }) => write.within.node));
  const candidates = [...functions.values()].filter(({ node }) => !signIns.has(node));
  const paths = candidates.flatMap((within) => {
    const entries = entriesOf(phalcon, within).filter(({ node }) => !signIns.has(node));
    return entries.map((entry) => ({ within, entry, steps: traceOf(phalcon, entry) }));
  });
  const ending = new Set(ended.map(({ node }) => node));
  const named = paths.filter(({ within, entry }) =>
    [within, entry].some(
      ({ name = "" }) => SAYS_SO.test(name) || (ending.has(within.node) && MAY_SAY_SO.test(name)),
    ),
  );
  return named.length > 0 ? named : paths;
}

/** Where a cookie that says who somebody is, in the place of a session, is taken away. */
function cookieRemovals(phalcon: PhalconApplication): ReadonlyMap<PhpNode, PhpFile> {
  if (!identityWrites(phalcon).some(({ isCookie }) => isCookie === true)) return new Map();
  const removals = identityCookies(phalcon).flatMap((cookie) => cookie.removals);
  return new Map(removals.map(({ file, node }) => [node, file]));
}

function cookieSignOut(
  entry: PhpFunction,
  steps: readonly Step[],
  removals: ReadonlyMap<PhpNode, PhpFile>,
): SignOut | undefined {
  const removed = steps.find(({ node }) => removals.has(node));
  if (removed === undefined) return undefined;
  const { file, node } = removed;
  const why = `${nameFor(entry)} removes the cookie.`;
  return { place: placeOf(file, node), effect: "cookie-cleared", why };
}

function signOutOf(
  entry: PhpFunction,
  steps: readonly Step[],
  keys: ReadonlySet<string>,
): SignOut | undefined {
  const destroyed = steps.find(({ operation }) => operation?.kind === "destroy");
  const name = nameFor(entry);
  if (destroyed?.operation !== undefined) {
    return {
      place: destroyed.operation.place,
      effect: "destroyed",
      why: `${name} destroys the session.`,
    };
  }
  const removed = steps.find((step) => removesIdentity(step, keys));
  if (removed?.operation !== undefined) {
    const rotated = steps.some(
      ({ operation }) => operation?.kind === "regenerate" && operation.deletesOld === true,
    );
    const { place, key = "a key" } = removed.operation;
    if (rotated)
      return {
        place,
        effect: "destroyed",
        why: `${name} removes "${key}" and deletes the old session with a new id.`,
      };
    return {
      place,
      effect: "key-removed",
      why: `${name} removes "${key}" only: the session and its id live on.`,
    };
  }
  // Handing on to something that cannot be followed is no proof of anything.
  const isHandedOn = steps.some(({ call }) => call !== undefined && SAYS_SO.test(call.name));
  if (steps.length === 0) return undefined;
  return isHandedOn
    ? {
        place: placeOf(entry.file, entry.node),
        effect: "unknown",
        why: `${name} hands on to code that cannot be followed.`,
      }
    : {
        place: placeOf(entry.file, entry.node),
        effect: "nothing",
        why: `${name} leaves the session as it is.`,
      };
}

function removesIdentity({ operation }: Step, keys: ReadonlySet<string>): boolean {
  if (operation?.kind === "remove") return operation.key === undefined || keys.has(operation.key);
  return (
    operation?.kind === "write" &&
    operation.key !== undefined &&
    keys.has(operation.key) &&
    isNothing(operation.value)
  );
}

/** Where a path does end something: the session, or who it belongs to. */
export function endingStep(phalcon: PhalconApplication, { steps }: SignOutPath): Step | undefined {
  const keys = identityKeys(phalcon);
  return (
    steps.find(({ operation }) => operation?.kind === "destroy") ??
    steps.find((step) => removesIdentity(step, keys))
  );
}

export function endsSession(phalcon: PhalconApplication, path: SignOutPath): boolean {
  return endingStep(phalcon, path) !== undefined;
}

function distinct(signOuts: readonly SignOut[]): readonly SignOut[] {
  const seen = new Set<string>();
  return signOuts.filter(({ place }) => {
    const key = `${place.file}:${place.line}:${place.column}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
