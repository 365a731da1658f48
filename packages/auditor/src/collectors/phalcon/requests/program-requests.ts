/**
 * Requests that come from programs: with a token in a header, which no other site can make a browser send, or from
 * another server. They need no token in a form.
 * @module
 */
import { isSubclassOf } from "../../php/php-code.ts";
import { scalarOf } from "../../php/php-value.ts";
import { argumentOf, classOf, type PhpFunction } from "../../php/php-walk.ts";
import { identityKeys } from "../code/identity.ts";
import type { PhalconApplication } from "../code/phalcon-application.ts";
import { traceOf } from "../code/trace.ts";

const HEADER = /^(authorization|(x[-_])?(auth|access|api|user|session)?[-_]?(token|key))$/i;
/** A part of a class's name: `Api`, `ApiV1`, `CoreREST`, `OrdersApiController`. */
const API =
  /^(api|rest)(?![a-z])|^(Api|API|Rest|REST)(?=[A-Z_]|V\d)|(Api|API|Rest|REST)(V\d+)?(Controller)?$/;

function isApi(className: string | undefined): boolean {
  return (className ?? "").split("\\").some((part) => API.test(part));
}

const known = new WeakMap<PhalconApplication, boolean>();

const SERVER_CALL = /(notify|notification|webhook|hook|ipn|postback)s?(Action)?$/i;

/** Called by another server, which has no session here and proves itself otherwise. */
export function isServerCall(phalcon: PhalconApplication, handler: PhpFunction): boolean {
  if (!SERVER_CALL.test(handler.name ?? "")) return false;
  const keys = identityKeys(phalcon);
  return !traceOf(phalcon, handler).some(({ operation }) => keys.has(operation?.key ?? ""));
}

/** Whether a request to this handler proves itself by a header, and not by a cookie. */
export function takesHeaderToken(phalcon: PhalconApplication, handler: PhpFunction): boolean {
  if (!isApi(handler.of?.name) || !readsHeaderToken(phalcon)) return false;
  const keys = identityKeys(phalcon);
  return !traceOf(phalcon, handler).some(
    ({ operation, within }) =>
      operation?.kind === "read" &&
      operation.key !== undefined &&
      keys.has(operation.key) &&
      // Which of several services of one name is meant, the interface's own code says.
      (isApi(within.of?.name) || isAbove(phalcon, within, handler)),
  );
}

function isAbove(phalcon: PhalconApplication, { of }: PhpFunction, handler: PhpFunction): boolean {
  if (of?.name === undefined || handler.of?.name === undefined) return false;
  const exactly = new RegExp(`^${of.name.replace(/\\/g, "\\\\")}$`, "i");
  return isSubclassOf(phalcon.code, handler.of.name, exactly);
}

/** Some class of the interface reads a token from a header. */
function readsHeaderToken(phalcon: PhalconApplication): boolean {
  const cached = known.get(phalcon);
  if (cached !== undefined) return cached;
  const reads = phalcon.code.callsNamed("getHeader").some((call) => {
    const first = argumentOf(call, 0);
    const header = first === undefined ? undefined : scalarOf(phalcon.evaluate(call.file, first));
    const within = classOf(call.file, call.node)?.name;
    return typeof header === "string" && HEADER.test(header) && isApi(within);
  });
  known.set(phalcon, reads);
  return reads;
}
