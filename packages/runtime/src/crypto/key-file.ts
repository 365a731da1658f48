/**
 * The key file: its format, and what makes a ring of keys usable. Knows neither the disk nor what the
 * keys are used for.
 * @module
 */
import { SessionError } from "../errors.ts";
import type { RingIndexKey, RingKey } from "./keyring.ts";
import {
  isObject,
  listFaults,
  listOf,
  members,
  must,
  numberFrom,
  oneOf,
  optional,
  type Reader,
} from "./readers.ts";
import { keyIdentity, keyWeakness } from "./weak-keys.ts";

/** The key file format that this release writes. */
const KEY_FILE_FORMAT = 1;

/** Longest absolute timeout of a ring that says nothing else: 30 days, in seconds. */
export const DEFAULT_LONGEST_SESSION_SECONDS = 2_592_000;

/** The longest that a browser keeps a cookie, in seconds: 400 days. @see RFC 6265bis 5.5 */
export const MAX_LONGEST_SESSION_SECONDS = 34_560_000;

/** How often a process looks at its key file, in seconds. `holdfast keys promote` waits for five of these. */
export const REREAD_SECONDS = 60;

/** Tokens and boxes name their key in four bits. */
export const KEY_NUMBERS = 16;

/** A master key and its history. */
export interface FileKey extends RingKey {
  readonly createdAt: number;
  /** When the key got its present state. */
  readonly stateSince: number;
  /** When the key stopped sealing; absent if it never sealed or still does. */
  readonly demotedAt?: number | undefined;
}

/** An index key and its history. */
export interface FileIndexKey extends RingIndexKey {
  readonly createdAt: number;
  /** For an old key: when it stopped naming new subjects. */
  readonly stateSince: number;
}

/** The content of a key file. */
export interface KeyFile {
  /** Longest absolute timeout, in seconds: keys are kept that long after they were demoted. */
  readonly longestSessionSeconds: number;
  readonly keys: readonly FileKey[];
  readonly index: readonly FileIndexKey[];
}

/** Every fault at once, as one error. `faults` never hold key material. */
export function keyringError(faults: readonly string[]): SessionError {
  return new SessionError("HOLDFAST_KEYRING", listFaults(faults), { faults });
}

/** What to do about a key that is not good. */
export const GOOD_KEYS = "`npx holdfast keys generate --print` makes good ones";

/** What contradicts itself in a ring, whatever the bytes are: states and numbers. Empty if nothing does. */
export function ringStateFaults(
  keys: readonly Pick<RingKey, "number" | "state">[],
  indexKeys: readonly Pick<RingIndexKey, "state">[],
): string[] {
  const faults: string[] = [];
  for (const [name, list, state, rule] of [
    ["key", keys, "current", "must"],
    ["key", keys, "next", "may"],
    ["index key", indexKeys, "current", "must"],
    ["index key", indexKeys, "old", "may"],
  ] as const) {
    const count = list.filter((key) => key.state === state).length;
    if (count > 1 || (count === 0 && rule === "must")) {
      faults.push(
        `${rule === "must" ? "exactly" : "at most"} one ${name} ${rule} be ${state}, and ${count} are`,
      );
    }
  }
  const numbers = new Set<number>();
  for (const { number } of keys) {
    if (numbers.has(number)) faults.push(`the number ${number} is there more than once`);
    numbers.add(number);
  }
  return faults;
}

/** What makes a ring unusable: weak, repeated or contradictory keys. Empty if nothing does. */
export function ringFaults(
  keys: readonly RingKey[],
  indexKeys: readonly RingIndexKey[],
): readonly string[] {
  const faults = ringStateFaults(keys, indexKeys);
  const names = new Map<string, string>();
  const judge = (name: string, bytes: Uint8Array): void => {
    const identity = keyIdentity(bytes);
    const same = names.get(identity);
    names.set(identity, name);
    for (const fault of [keyWeakness(bytes), same && `is the same as ${same}`]) {
      if (fault) faults.push(`${name} ${fault}; ${GOOD_KEYS}`);
    }
  };
  for (const { number, state, bytes } of keys) {
    const name = `key ${number}`;
    if ((state === "revoked") === (bytes !== undefined)) {
      faults.push(`${name} is ${state}, so it ${bytes ? "must have no bytes" : "needs bytes"}`);
    }
    if (bytes !== undefined) judge(name, bytes);
  }
  for (const { state, bytes } of indexKeys) {
    const name = `the ${state} index key`;
    judge(name, bytes);
    if (bytes.length > 32) faults.push(`${name} is ${bytes.length} bytes long, and must be 32`);
  }
  return faults;
}

/** @see KeyringOptions.longestSessionSeconds */
export const longestSession: Reader<number> = numberFrom(1, MAX_LONGEST_SESSION_SECONDS);

/** Of a key, wherever it comes from. */
export const keyMembers: {
  readonly number: Reader<number>;
  readonly state: Reader<RingKey["state"]>;
} = {
  number: numberFrom(0, KEY_NUMBERS - 1),
  state: oneOf(["next", "current", "old", "revoked"]),
};

/** Of an index key, wherever it comes from. */
export const indexKeyMembers: { readonly state: Reader<RingIndexKey["state"]> } = {
  state: oneOf(["current", "old"]),
};

const instant: Reader<number> = must(
  "an instant in Unix epoch milliseconds",
  (value) => Number.isSafeInteger(value) && Number(value) >= 0,
);

/** What is kept of a key's past, and of an index key's. */
export const historyMembers: {
  readonly createdAt: Reader<number>;
  readonly stateSince: Reader<number>;
} = { createdAt: instant, stateSince: instant };
export const demotedAtMember: Reader<number | undefined> = optional(instant);

const base64: Reader<Uint8Array> = (value, name, faults) => {
  const bytes = Buffer.from(typeof value === "string" ? value : "", "base64");
  if (bytes.toString("base64") === value) return bytes;
  faults.push(`"${name}" must be base64 with padding; restore it from a backup`);
  return undefined;
};

const readMembers: Reader<KeyFile & { readonly format: number }> = members({
  format: numberFrom(KEY_FILE_FORMAT, KEY_FILE_FORMAT),
  longestSessionSeconds: longestSession,
  keys: listOf(
    members<FileKey>({
      ...keyMembers,
      ...historyMembers,
      demotedAt: demotedAtMember,
      bytes: optional(base64),
    }),
  ),
  index: listOf(members<FileIndexKey>({ ...indexKeyMembers, ...historyMembers, bytes: base64 })),
});

/**
 * Reads the text of a key file, and judges the ring in it.
 *
 * @param name Begins each fault: where the text came from.
 * @param others Faults found before, to be told with those of the text.
 * @throws {SessionError} `HOLDFAST_KEYRING` with every fault, whatever the text is.
 */
export function parseKeyFile(text: string, name: string, others: readonly string[] = []): KeyFile {
  const faults: string[] = [];
  const file = readFile(faults, text);
  // A ring with unreadable members would only be blamed for what is missing.
  if (file && faults.length === 0) faults.push(...ringFaults(file.keys, file.index));
  const all = [...others, ...faults.map((fault) => `${name}: ${fault}`)];
  if (file && all.length === 0) return file;
  throw keyringError(all);
}

function readFile(faults: string[], text: string): KeyFile | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // The parser's own message quotes the text, which may be a key: it is neither shown nor kept.
    faults.push("this is not JSON; restore it from a backup");
    return undefined;
  }
  const format = isObject(json) ? json.format : undefined;
  if (format !== KEY_FILE_FORMAT) {
    faults.push(formatFault(format));
    return undefined;
  }
  const file = readMembers(json, "", faults);
  if (file === undefined || faults.length > 0) return undefined;
  for (const { number, state, demotedAt } of file.keys) {
    if (state === "old" && demotedAt === undefined) {
      faults.push(`key ${number} is old, so it needs demotedAt`);
    }
  }
  return file;
}

function formatFault(format: unknown): string {
  return Number.isSafeInteger(format) && Number(format) > KEY_FILE_FORMAT
    ? `format ${format} was written by a newer holdfast; upgrade holdfast here`
    : `"format" must be ${KEY_FILE_FORMAT}; this is not a file made by \`npx holdfast keys generate\`, or it is wrapped and needs its key service: docs/keys.md`;
}

/** The text of a key file; `compact` puts it on one line, for an environment variable. */
export function formatKeyFile(file: KeyFile, compact = false): string {
  const withText = <T extends { readonly bytes?: Uint8Array | undefined }>(key: T): object => ({
    ...key,
    bytes: key.bytes === undefined ? undefined : Buffer.from(key.bytes).toString("base64"),
  });
  const json = {
    format: KEY_FILE_FORMAT,
    longestSessionSeconds: file.longestSessionSeconds,
    keys: file.keys.map(withText),
    index: file.index.map(withText),
  };
  return `${JSON.stringify(json, null, compact ? 0 : 2)}\n`;
}
