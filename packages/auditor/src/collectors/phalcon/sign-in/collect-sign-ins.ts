/**
 * Every path on which somebody becomes signed in, and whether the session's id changes on it.
 * @module
 */
import type { PrivilegeChange } from "../../../evidence.ts";
import { placeOf, textOf } from "../../php/php-file.ts";
import { namedFunctionOf, type PhpFunction } from "../../php/php-walk.ts";
import { isUserCreation, readsCookie } from "../code/account-actions.ts";
import { entriesOf } from "../code/call-graph.ts";
import { isCredentialCheck } from "../code/credential-check.ts";
import { identityReads, identityWrites, SIGNS_IN } from "../code/identity.ts";
import type { PhalconApplication } from "../code/phalcon-application.ts";
import { type Step, traceOf } from "../code/trace.ts";
import { guardSignIns } from "./auth-guard.ts";
import { type RotationSeen, rotationAround } from "./rotation.ts";
import type { SignInPath } from "./sign-in-path.ts";

const collected = new WeakMap<PhalconApplication, readonly SignInPath[]>();

export function signInPaths(phalcon: PhalconApplication): readonly SignInPath[] {
  const known = collected.get(phalcon);
  if (known !== undefined) return known;
  const own = identityWrites(phalcon).flatMap(({ operation, within, isCookie }) =>
    entriesOf(phalcon, within).flatMap((entry) => {
      const steps = traceOf(phalcon, entry);
      // One action may come here twice: by password, and by a cookie.
      const writes = steps.filter(
        (step) =>
          step.node === operation.node && (operation.key !== undefined || isSignIn(entry, step)),
      );
      return writes.map((write): SignInPath => {
        const rotation = isCookie === true ? NEW_COOKIE : rotationAround(steps, write);
        const change: PrivilegeChange = {
          kind: kindOf(entry, steps, write),
          place: operation.place,
          rotation: rotation.rotation,
          ...(rotation.place && { rotationPlace: rotation.place }),
          why: `${written(operation.key, isCookie)} in ${nameFor(write.within)}: ${rotation.why}.`,
        };
        return { entry, steps, write, change };
      });
    }),
  );
  const paths = [...own, ...guardSignIns(phalcon)];
  collected.set(phalcon, paths);
  return paths;
}

/** A key that is computed may hold anything: what is called on the way says whether somebody signs in. */
function isSignIn(entry: PhpFunction, { trail }: Step): boolean {
  const names = trail.map(({ file, node }) => namedFunctionOf(file, node)?.name ?? "");
  return [entry.name ?? "", ...names].some((name) => SIGNS_IN.test(name));
}

/** There is no id that anybody could know from before. */
const NEW_COOKIE: RotationSeen = {
  rotation: "rotated",
  why: "each sign-in is given a cookie anew",
};

function written(key: string | undefined, isCookie = false): string {
  if (isCookie) return `The cookie "${key}" is written`;
  return key === undefined
    ? "The identity is written to the session"
    : `"${key}" is written to the session`;
}

export function nameFor({ name, of, file }: PhpFunction): string {
  if (name === undefined) return file.file;
  const owner = of?.name?.replace(/^.*\\/, "");
  return owner === undefined ? `${name}()` : `${owner}::${name}()`;
}

function kindOf(entry: PhpFunction, steps: readonly Step[], write: Step): PrivilegeChange["kind"] {
  const before = steps.slice(0, steps.indexOf(write));
  const names = `${entry.name ?? ""} ${write.within.name ?? ""}`;
  if (/impersonat|login_?as|switch_?user|masquerad/i.test(names)) return "impersonation";
  const inside = before.filter(({ within }) => within.node === write.within.node);
  if (inside.some(readsCookie) && !inside.some(isCredentialCheck)) return "remember-me";
  // Where several ways in lie one after the other, the last before the write is this one.
  const other = before.findLastIndex(isSingleSignOn);
  if (other !== -1 && other > before.findLastIndex(isCredentialCheck)) return "single-sign-on";
  const check = before.findIndex(isCredentialCheck);
  const cookie = before.findIndex(readsCookie);
  // A token from a cookie may be checked like a password.
  const isFromCookie = cookie !== -1 && cookie < check && !before.some(asksForPassword);
  if (check !== -1) return isFromCookie ? "remember-me" : "password";
  if (before.some(readsCookie)) return "remember-me";
  if (steps.some(isUserCreation)) return "registration";
  if (
    /reset|confirm|activat|verif|token|code|forgot|recover/i.test(
      `${names} ${textOf(entry.file, entry.node).slice(0, 2_000)}`,
    )
  ) {
    return "reset-link";
  }
  return "other";
}

function asksForPassword({ call, file }: Step): boolean {
  if (call === undefined || !/^get(post|put|jsonrawbody|rawbody)?$/.test(call.name)) return false;
  return call.arguments.length === 0 || /pass|pwd|senha/i.test(textOf(file, call.node));
}

function isSingleSignOn({ call }: Step): boolean {
  if (call === undefined) return false;
  if (
    /oauth|openid|hybrid|saml|socialite|league\\.*client|google_client|facebook/i.test(
      call.className ?? "",
    )
  )
    return true;
  return /^(getaccesstoken|getresourceowner|fetchaccesstokenwithauthcode|getuserprofile)$/.test(
    call.name,
  );
}

/** The same write, reached by several actions in the same way, is said once. */
export function signInChanges(phalcon: PhalconApplication): readonly PrivilegeChange[] {
  const seen = new Set<string>();
  const paths = signInPaths(phalcon);
  const [read] = paths.length === 0 ? identityReads(phalcon) : [];
  if (read !== undefined) {
    const why = `"${read.key ?? ""}" is read from the session, and what writes it is not among these files.`;
    return [{ kind: "other", place: read.place, rotation: "unknown", why }];
  }
  return paths
    .map(({ change }) => change)
    .filter(({ place, kind, rotation }) => {
      const key = `${place.file}:${place.line}:${place.column} ${kind} ${rotation}`;
      if (seen.has(key)) return false;
      seen.add(key);
      return true;
    });
}

export function placeOfStep({ file, node, operation }: Step): PrivilegeChange["place"] {
  return operation?.place ?? placeOf(file, node);
}
