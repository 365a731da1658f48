/**
 * Cookies that say who somebody is in the place of a session: written once the credentials are checked, and read
 * again by other code.
 * @module
 */
import { child, nameOf, type PhpFile, type PhpNode, textOf } from "../../php/php-file.ts";
import { scalarOf } from "../../php/php-value.ts";
import { argumentOf, indexPhp, namedFunctionOf, type PhpFunction } from "../../php/php-walk.ts";
import { isAboutSomebody, isNothing } from "./about-somebody.ts";
import { entriesOf } from "./call-graph.ts";
import { type CookieWrite, cookieWrites, isCookies } from "./cookie-writes.ts";
import { isCredentialCheck } from "./credential-check.ts";
import type { PhalconApplication } from "./phalcon-application.ts";
import { traceOf } from "./trace.ts";

export interface IdentityCookie {
  readonly name: string;
  /** Where it is given to somebody whose credentials were checked. */
  readonly issued: readonly { readonly write: CookieWrite; readonly within: PhpFunction }[];
  /** Where it is taken away. */
  readonly removals: readonly { readonly file: PhpFile; readonly node: PhpNode }[];
}

/** Names of cookies that a sign-in leaves, and that sign nobody in. */
const SOMETHING_ELSE =
  /remember|lang|locale|theme|csrf|xsrf|consent|cart|basket|last|seen|visit|time|zone|style|layout|referr?er|return|redirect|captcha|currency|device|track|utm|^_?ga|popup|notice|flash|message|state$|nonce|auto_?log|stay/i;

export function isSomethingElse(name: string): boolean {
  return SOMETHING_ELSE.test(name);
}

const known = new WeakMap<PhalconApplication, readonly IdentityCookie[]>();

export function identityCookies(phalcon: PhalconApplication): readonly IdentityCookie[] {
  const cached = known.get(phalcon);
  if (cached !== undefined) return cached;
  const writes = cookieWrites(phalcon);
  const names = new Set(writes.flatMap(({ name }) => name ?? []));
  const found = [...names].flatMap((name): readonly IdentityCookie[] => {
    if (isSomethingElse(name) || !isRead(phalcon, name)) return [];
    const named = writes.filter((write) => write.name === name);
    const issued = named.flatMap((write) => {
      const within = isDeletion(write)
        ? undefined
        : namedFunctionOf(write.call.file, write.call.node);
      if (within === undefined || !isAboutSomebody(write.call.file, write.value)) return [];
      return isAfterCheck(phalcon, write, within) ? [{ write, within }] : [];
    });
    if (issued.length === 0) return [];
    const removals = [
      ...named.filter(isDeletion).map(({ call: { file, node } }) => ({ file, node })),
      ...deletions(phalcon, name),
    ];
    return [{ name, issued, removals }];
  });
  known.set(phalcon, found);
  return found;
}

/** Set to nothing, or to a time in the past. */
export function isDeletion({ call, value }: CookieWrite): boolean {
  return isNothing(value) || /\btime\(\)\s*-/.test(textOf(call.file, call.node));
}

/** The credentials are checked on the way, rather than another cookie. */
function isAfterCheck(
  phalcon: PhalconApplication,
  { call }: CookieWrite,
  within: PhpFunction,
): boolean {
  return entriesOf(phalcon, within).some((entry) => {
    const steps = traceOf(phalcon, entry);
    const at = steps.findIndex(({ node }) => node === call.node);
    return steps.slice(0, Math.max(0, at)).some(isCredentialCheck);
  });
}

function isRead(phalcon: PhalconApplication, name: string): boolean {
  return (
    ["get", "has"].some((method) => cookieCalls(phalcon, method, name).length > 0) ||
    phalcon.code.files.some((file) =>
      indexPhp(file)
        .ofKind("offsetlookup")
        .some(
          (node) =>
            nameOf(child(node, "what")) === "_COOKIE" && child(node, "offset")?.value === name,
        ),
    )
  );
}

function cookieCalls(phalcon: PhalconApplication, method: string, name: string) {
  return phalcon.code.callsNamed(method).filter((call) => {
    const first = argumentOf(call, 0);
    if (call.form !== "method" || first === undefined || !isCookies(call.target)) return false;
    return scalarOf(phalcon.evaluate(call.file, first)) === name;
  });
}

/** `$cookies->delete("name")` and `$cookies->get("name")->delete()` */
function deletions(phalcon: PhalconApplication, name: string): IdentityCookie["removals"] {
  const asked = new Set(cookieCalls(phalcon, "get", name).map(({ node }) => node));
  const own = phalcon.code
    .callsNamed("delete")
    .filter(({ target }) => target !== undefined && asked.has(target));
  return [...cookieCalls(phalcon, "delete", name), ...own].map(({ file, node }) => ({
    file,
    node,
  }));
}
