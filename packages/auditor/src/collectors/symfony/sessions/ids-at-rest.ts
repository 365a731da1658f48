/**
 * Under which name the store keeps a session: the id itself, or a hash of it.
 * @module
 */
import type { Observation } from "../../../evidence.ts";
import { placeOf } from "../../php/php-file.ts";
import { codeTextOf } from "../code/code-text.ts";
import type { SymfonyApplication } from "../code/symfony-application.ts";
import { hashesId, idMethodsOf } from "./handler-ids.ts";
import type { HandlerEvidence } from "./session-handler.ts";

const topic = "ids-at-rest";
const REMEDY =
  "Put a handler of your own before it that hands on hash_hmac('sha256', $id, $key), with a key from the environment: the framework has none.";

/** What PHP's and the framework's handlers call a record by, in their own words. */
const NAMES = {
  files: "the file sess_<id>",
  memory: "an entry of that name",
  database: "the column sess_id",
  redis: "a key that ends in the id",
  memcached: "a key that ends in the id",
  documents: "the field _id",
  cookie: "the cookie",
  custom: "a record of that name",
} as const;

export function idsAtRest(
  app: SymfonyApplication,
  { storage, own, isForeign }: HandlerEvidence,
): Observation[] {
  const hashing = own.find((each) => readsByHash(each));
  if (hashing !== undefined) {
    const what = `${hashing.name?.replace(/^.*\\/, "")} hashes the id before it is handed on: a record's name opens nothing.`;
    const place = placeOf(hashing.file, hashing.node);
    return [{ topic, place, kind: "good", what, value: "hashed id" }];
  }
  // Whoever hashes somewhere else in the class may do it well.
  const [first] = own;
  if (own.some(({ file, node }) => /\b(hash|hash_hmac|sha1|md5)\(/.test(codeTextOf(file, node)))) {
    return [];
  }
  if (isForeign === true || (storage.value === undefined && storage.origin.kind === "unknown")) {
    return [];
  }
  const kept = NAMES[storage.value ?? "custom"];
  const place =
    storage.origin.place ?? (first === undefined ? app.place : placeOf(first.file, first.node));
  const what = `A session is kept under its id as the cookie carries it: ${kept}.`;
  return [
    {
      topic,
      place,
      kind: "fault",
      what,
      value: "the id itself",
      ...(first === undefined
        ? { origin: { kind: "default", of: app.library, place } as const }
        : {}),
      remedy: REMEDY,
    },
  ];
}

/** Reading is what a record's name is for. */
function readsByHash(of: HandlerEvidence["own"][number]): boolean {
  const methods = idMethodsOf(of);
  const reads = methods.filter(({ method }) => /^(do)?read$/i.test(method.name ?? ""));
  if (reads.length === 0) return false;
  return (
    reads.some(hashesId) ||
    methods.some((each) => !isGiven(each.method.name ?? "") && hashesId(each))
  );
}

/** A method of its own is one that reading passes the id to. */
function isGiven(name: string): boolean {
  return /^(do)?(read|write|destroy)$|^(validateId|updateTimestamp)$/i.test(name);
}
