/**
 * The wrapped key file: a key file whose bytes are what a key service made of them. Knows neither the
 * disk nor any service.
 * @module
 */
import { createHash } from "node:crypto";
import { fingerprint } from "../crypto/derive.ts";
import {
  demotedAtMember,
  type FileIndexKey,
  type FileKey,
  historyMembers,
  indexKeyMembers,
  keyMembers,
  keyringError,
  longestSession,
  ringStateFaults,
} from "../crypto/key-file.ts";
import { isObject, listOf, matching, members, optional, type Reader } from "../crypto/readers.ts";
import type { WrapContext } from "./key-service.ts";

/** The wrapped format that this release writes. */
const WRAPPED_FORMAT = "wrapped/1";

/** What stands in the place of a key's bytes. */
export interface WrappedBytes {
  /** What the service made of the bytes. */
  readonly wrapped: string;
  /** Eight hex digits that tell keys apart, and say nothing about the bytes. */
  readonly fingerprint: string;
}

export type WrappedKey = Omit<FileKey, "bytes"> & Partial<WrappedBytes>;
export type WrappedIndexKey = Omit<FileIndexKey, "bytes"> & WrappedBytes;

/** The content of a wrapped key file. */
export interface WrappedKeyFile {
  /** {@link KeyService.name} of whoever wrapped it. */
  readonly service: string;
  /** {@link KeyService.key} of whoever wrapped it. */
  readonly serviceKey: string;
  /** @see WrapContext.ring */
  readonly ring: string;
  readonly longestSessionSeconds: number;
  readonly keys: readonly WrappedKey[];
  readonly index: readonly WrappedIndexKey[];
}

const wrappedMembers = {
  wrapped: matching(/^[!-~]{1,4096}$/, "what a key service wrapped; restore it from a backup"),
  fingerprint: matching(/^[0-9a-f]{8}$/, "eight hex digits; restore it from a backup"),
};

const readFile: Reader<WrappedKeyFile & { readonly format: string }> = members({
  format: matching(/./, "a format"),
  service: matching(/^[\w-]{1,40}$/, "the name of a key service"),
  serviceKey: matching(/^[ -~]{1,400}$/, "the name of the key service's key"),
  ring: matching(/^[0-9a-f]{32}$/, "32 hex digits; restore it from a backup"),
  longestSessionSeconds: longestSession,
  keys: listOf(
    members<WrappedKey>({
      ...keyMembers,
      ...historyMembers,
      demotedAt: demotedAtMember,
      wrapped: optional(wrappedMembers.wrapped),
      fingerprint: optional(wrappedMembers.fingerprint),
    }),
  ),
  index: listOf(
    members<WrappedIndexKey>({ ...indexKeyMembers, ...historyMembers, ...wrappedMembers }),
  ),
});

/**
 * Reads the text of a wrapped key file, and judges all of it but the bytes.
 *
 * @param name Begins each fault: where the text came from.
 * @param others Faults found before, to be told with those of the text.
 * @throws {SessionError} `HOLDFAST_KEYRING` with every fault, whatever the text is.
 */
export function parseWrappedFile(
  text: string,
  name: string,
  others: readonly string[] = [],
): WrappedKeyFile {
  const faults: string[] = [];
  const file = readText(text, faults);
  const all = [...others, ...faults.map((fault) => `${name}: ${fault}`)];
  if (file && all.length === 0) return file;
  throw keyringError(all);
}

function readText(text: string, faults: string[]): WrappedKeyFile | undefined {
  const { format, json } = formatOf(text);
  if (json === undefined) {
    // The parser's own message quotes the text, which may be a plain key file.
    faults.push("this is not JSON; restore it from a backup");
    return undefined;
  }
  if (format !== WRAPPED_FORMAT) {
    faults.push(formatFault(format));
    return undefined;
  }
  const file = readFile(json, "", faults);
  if (file === undefined || faults.length > 0) return undefined;
  faults.push(...ringStateFaults(file.keys, file.index));
  for (const { number, state, demotedAt, wrapped, fingerprint: print } of file.keys) {
    if (state === "old" && demotedAt === undefined) {
      faults.push(`key ${number} is old, so it needs demotedAt`);
    }
    const has = wrapped !== undefined || print !== undefined;
    const needs = state !== "revoked";
    if (needs ? wrapped === undefined || print === undefined : has) {
      const rule = needs ? `needs "wrapped" and "fingerprint"` : "must have no bytes";
      faults.push(`key ${number} is ${state}, so it ${rule}; restore the file from a backup`);
    }
  }
  return file;
}

function formatOf(text: string): { readonly format?: unknown; readonly json?: unknown } {
  try {
    const json: unknown = JSON.parse(text);
    return { json, format: isObject(json) ? json.format : undefined };
  } catch {
    return {};
  }
}

function formatFault(format: unknown): string {
  if (typeof format === "string" && /^wrapped\/\d{1,6}$/.test(format)) {
    return `format ${format} was written by a newer holdfast; upgrade holdfast here`;
  }
  return Number.isSafeInteger(format)
    ? "this is a plain key file, and its keys are open to whoever reads it; move them with `npx holdfast keys wrap OLD NEW --service MODULE`"
    : `"format" must be "${WRAPPED_FORMAT}"; make a wrapped file with \`npx holdfast keys generate FILE --service MODULE\``;
}

/** Whether the text is, or was to be, a wrapped key file. */
export function isWrappedText(text: string): boolean {
  return String(formatOf(text).format).startsWith("wrapped/");
}

/** The text of a wrapped key file. */
export function formatWrappedFile(file: WrappedKeyFile): string {
  const { service, serviceKey, ring, longestSessionSeconds, keys, index } = file;
  const json = {
    ...{ format: WRAPPED_FORMAT, service, serviceKey, ring },
    ...{ longestSessionSeconds, keys, index },
  };
  return `${JSON.stringify(json, null, 2)}\n`;
}

/** What a key's wrapping is bound to. */
export function contextOf(ring: string, key: WrappedKey | WrappedIndexKey): WrapContext {
  return "number" in key
    ? { ring, purpose: "key", number: key.number }
    : { ring, purpose: "index" };
}

/** Whether these bytes are those that the file had wrapped. */
export function isFingerprintOf(print: string, bytes: Uint8Array): boolean {
  return fingerprint(bytes) === print;
}

/** Tells whether a text changed, without keeping it. */
export function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("base64");
}

/**
 * The read bits of its mode that the file may have are taken off before it is judged: what a service
 * wrapped may be read, as from a ConfigMap. What was sealed here with a passphrase may not, since whoever
 * reads it can try passphrases.
 */
export function judgedMode(mode: number, service: string): number {
  return service === "sealed-file" ? mode : mode & ~0o044;
}
