/**
 * Applications whose sign-in cannot be followed, and whose pages let in whoever has a cookie that they set.
 * @module
 */
import { child } from "../../php/php-file.ts";
import { scalarOf } from "../../php/php-value.ts";
import { indexPhp } from "../../php/php-walk.ts";
import { readsCookie } from "../code/account-actions.ts";
import { cookieWrites } from "../code/cookie-writes.ts";
import { isCheckingCall } from "../code/credential-check.ts";
import { isIdentityKey } from "../code/identity.ts";
import { isDeletion, isSomethingElse } from "../code/identity-cookies.ts";
import type { PhalconApplication } from "../code/phalcon-application.ts";
import { runsBefore } from "../code/request-handlers.ts";
import { type Step, traceOf } from "../code/trace.ts";
import { signInPaths } from "./collect-sign-ins.ts";

const known = new WeakMap<PhalconApplication, boolean>();

/** Whether a cookie opens the application to somebody: by a way in that is known, or by what stands before actions. */
export function somebodySignsIn(phalcon: PhalconApplication): boolean {
  const cached = known.get(phalcon) ?? (signInPaths(phalcon).length > 0 || isGuarded(phalcon));
  known.set(phalcon, cached);
  return cached;
}

function isGuarded(phalcon: PhalconApplication): boolean {
  if (gates(phalcon).some(asksSession)) return true;
  if (!phalcon.code.calls.some(isCheckingCall)) return false;
  const names = new Set(
    cookieWrites(phalcon)
      .filter((write) => !isDeletion(write))
      .flatMap(({ name }) => (name === undefined || isSomethingElse(name) ? [] : [name])),
  );
  if (names.size === 0) return false;
  return gates(phalcon).some((steps) =>
    steps.some((step) => names.has(readName(phalcon, step) ?? "")),
  );
}

/** What runs before actions, step by step. */
function gates(phalcon: PhalconApplication): readonly (readonly Step[])[] {
  return phalcon.code.files.flatMap((file) =>
    indexPhp(file)
      .functions.filter(runsBefore)
      .map((each) => traceOf(phalcon, each)),
  );
}

/** The session is asked who somebody is, and whoever is nobody is sent away. */
function asksSession(steps: readonly Step[]): boolean {
  const asks = steps.some(
    ({ operation }) => operation?.kind === "read" && isIdentityKey(operation.key),
  );
  return (
    asks && steps.some(({ call }) => /^(redirect|forward|setstatuscode)$/.test(call?.name ?? ""))
  );
}

function readName(phalcon: PhalconApplication, step: Step): string | undefined {
  if (!readsCookie(step)) return undefined;
  const key = step.call?.arguments[0] ?? child(step.node, "offset");
  const name = key === undefined ? undefined : scalarOf(phalcon.evaluate(step.file, key));
  return typeof name === "string" ? name : undefined;
}
