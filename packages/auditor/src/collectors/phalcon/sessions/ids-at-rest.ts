/**
 * Under which name the store keeps a session: PHP's handlers, and Phalcon's adapters with them, name the record by
 * the id itself.
 * @module
 */
import type { Observation } from "../../../evidence.ts";
import { methodOf } from "../../php/php-code.ts";
import { nameOf, placeOf, textOf } from "../../php/php-file.ts";
import { callsInside, type PhpCall } from "../../php/php-walk.ts";
import type { PhalconApplication } from "../code/phalcon-application.ts";
import { missingFrom } from "./adapter-classes.ts";
import { libraryOf } from "./collect-sessions.ts";
import type { SessionAdapter } from "./session-adapters.ts";
import { type SessionService, sessionServices } from "./session-services.ts";

export function idsAtRest(phalcon: PhalconApplication): readonly Observation[] {
  return sessionServices(phalcon).flatMap((service) => observed(phalcon, service));
}

function observed(phalcon: PhalconApplication, service: SessionService): readonly Observation[] {
  const { adapter, library, place } = service;
  if (adapter === undefined) return [];
  if (adapter.kind === undefined || adapter.kind === "cookie" || adapter.kind === "memory")
    return [];
  if (missingFrom(phalcon, adapter) !== undefined) return [];
  const hashed = hashing(phalcon, adapter);
  if (hashed !== undefined) {
    return [
      {
        topic: "ids-at-rest",
        place: placeOf(hashed.file, hashed.node),
        kind: "good",
        value: "hashed",
        what: "The record is named by a hash of the id",
      },
    ];
  }
  // What a class of the application's own names its records is told only by what it hands on to.
  const named = nameOfRecord(phalcon, adapter);
  if (named === undefined) return [];
  const isPhps = library === "native" || named === "PHP's handler of files";
  return [
    {
      topic: "ids-at-rest",
      place: adapter.call === undefined ? place : adapter.place,
      kind: "fault",
      value: "the id itself",
      what: `${named} names the record by the id as the cookie carries it`,
      origin: isPhps
        ? { kind: "platform", of: "PHP's session handlers", place: adapter.place }
        : { kind: "default", of: libraryOf(phalcon, service), place: adapter.place },
      remedy:
        "Wrap the adapter in one of your own that hands on hash('sha256', $id) in read, write, destroy, validateId and updateTimestamp.",
    },
  ];
}

/** A hash of the id in `read()` and in `write()`, of the outermost of several adapters that does it. */
function hashing(phalcon: PhalconApplication, adapter: SessionAdapter): PhpCall | undefined {
  for (let at: SessionAdapter | undefined = adapter; at !== undefined; at = at.wraps) {
    if (!at.isOwn) continue;
    const [read, write] = [hashIn(phalcon, at, "read"), hashIn(phalcon, at, "write")];
    if (read !== undefined && write !== undefined) return read;
  }
  return undefined;
}

const HASHES = /^(hash|hash_hmac|sodium_crypto_generichash|sha1|md5)$/;
const MAX_DEPTH = 3;

function hashIn(
  phalcon: PhalconApplication,
  { className }: SessionAdapter,
  method: string,
  depth = 0,
): PhpCall | undefined {
  const found = methodOf(phalcon.code, className, method);
  const id = nameOf(found?.parameters[0]);
  if (found === undefined || id === undefined || depth > MAX_DEPTH) return undefined;
  for (const call of callsInside(found.file, found.node)) {
    const takesId = call.arguments.some(
      (argument) => argument.kind === "variable" && nameOf(argument) === id,
    );
    if (!takesId) continue;
    if (call.form === "function" && HASHES.test(call.name)) return call;
    // `$this->inner->read($this->keyOf($id))`
    const isOwn =
      call.form !== "function" && textOf(call.file, call.target ?? call.node) === "$this";
    const inner =
      isOwn && call.name !== method
        ? hashIn(phalcon, { className } as SessionAdapter, call.name, depth + 1)
        : undefined;
    if (inner !== undefined) return inner;
  }
  return undefined;
}

function nameOfRecord(phalcon: PhalconApplication, adapter: SessionAdapter): string | undefined {
  for (let at: SessionAdapter | undefined = adapter; at !== undefined; at = at.wraps) {
    if (at.isOwn) continue;
    const isPhps =
      at.kind === "files" && (at.className === "files" || (phalcon.version.major ?? 4) < 4);
    return isPhps ? "PHP's handler of files" : at.className;
  }
  return storesRaw(phalcon, adapter) ? adapter.className : undefined;
}

/** `read($id)` hands the id on as it is to what looks the record up. */
function storesRaw(phalcon: PhalconApplication, { className, isOwn }: SessionAdapter): boolean {
  const read = isOwn ? methodOf(phalcon.code, className, "read") : undefined;
  // Nothing of its own: what it extends names the record.
  if (read === undefined) return true;
  const id = nameOf(read.parameters[0]);
  return callsInside(read.file, read.node).some(
    ({ form, name, arguments: given }) =>
      form !== "new" &&
      /^(read|get|find\w*|fetch\w*|query\w*|execute\w*|bind\w*|hget|file_get_contents|fopen)$/.test(
        name,
      ) &&
      given.some((argument) => new RegExp(`\\$${id}\\b`).test(textOf(read.file, argument))),
  );
}
