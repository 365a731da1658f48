/**
 * The key file: its format, and what makes a ring of keys usable. Knows neither the disk nor what the
 * keys are used for.
 * @module
 */
import { SessionError } from "../errors.ts";
import type { KeyState, RingIndexKey, RingKey } from "./keyring.ts";
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
  const [only] = faults;
  const message =
    faults.length === 1 && only !== undefined
      ? only
      : `The keyring has ${faults.length} faults:\n${faults.map((fault) => `- ${fault}`).join("\n")}`;
  return new SessionError("HOLDFAST_KEYRING", message, { faults });
}

/** What makes a ring unusable: weak, repeated or contradictory keys. Empty if nothing does. */
export function ringFaults(
  keys: readonly RingKey[],
  indexKeys: readonly RingIndexKey[],
): readonly string[] {
  const faults: string[] = [];
  const count = (states: readonly { readonly state: string }[], state: string): number =>
    states.filter((key) => key.state === state).length;
  if (count(keys, "current") !== 1) {
    faults.push(`exactly one key must be current, and ${count(keys, "current")} are`);
  }
  if (count(keys, "next") > 1) faults.push(`at most one key may be next; remove the others`);
  if (count(indexKeys, "current") !== 1) {
    faults.push(`exactly one index key must be current, and ${count(indexKeys, "current")} are`);
  }
  if (count(indexKeys, "old") > 1) faults.push(`at most one index key may be old`);

  const numbers = new Set<number>();
  const names = new Map<string, string>();
  const judge = (name: string, bytes: Uint8Array): void => {
    const weakness = keyWeakness(bytes);
    if (weakness !== undefined) faults.push(`${name} ${weakness}; ${REMEDY}`);
    const identity = keyIdentity(bytes);
    const same = names.get(identity);
    if (same !== undefined) faults.push(`${name} is the same as ${same}; ${REMEDY}`);
    names.set(identity, name);
  };
  for (const { number, state, bytes } of keys) {
    if (numbers.has(number)) faults.push(`the number ${number} is there more than once`);
    numbers.add(number);
    if (state === "revoked" && bytes !== undefined) {
      faults.push(`key ${number} is revoked, so its bytes must be absent; delete them`);
    } else if (state !== "revoked" && bytes === undefined) {
      faults.push(`key ${number} is ${state}, so it needs bytes`);
    }
    if (bytes !== undefined) judge(`key ${number}`, bytes);
  }
  for (const { state, bytes } of indexKeys) {
    judge(`the ${state} index key`, bytes);
    if (bytes.length > 32) {
      faults.push(`the ${state} index key is ${bytes.length} bytes long, and must be 32`);
    }
  }
  return faults;
}

const REMEDY = "`npx holdfast keys generate` makes good ones";

/**
 * Reads the text of a key file, and judges the ring in it.
 *
 * @param name Begins each fault: where the text came from.
 * @throws {SessionError} `HOLDFAST_KEYRING` with every fault, whatever the text is.
 */
export function parseKeyFile(text: string, name: string): KeyFile {
  const faults: string[] = [];
  const file = readFile(faults, text);
  // A ring with unreadable members would only be blamed for what is missing.
  if (file !== undefined && faults.length === 0) faults.push(...ringFaults(file.keys, file.index));
  if (file !== undefined && faults.length === 0) return file;
  throw keyringError(faults.map((fault) => `${name}: ${fault}`));
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
  const object = isObject(json) ? json : {};
  if (object.format !== KEY_FILE_FORMAT) {
    faults.push(formatFault(object.format));
    return undefined;
  }
  const members = ["format", "longestSessionSeconds", "keys", "index"];
  checkMembers(faults, "the file", object, members);
  const { longestSessionSeconds } = object;
  if (!isWhole(longestSessionSeconds, 1, MAX_LONGEST_SESSION_SECONDS)) {
    faults.push(
      `"longestSessionSeconds" must be a whole number from 1 to ${MAX_LONGEST_SESSION_SECONDS}`,
    );
  }
  const keys = readList(faults, object, "keys", readKey);
  const index = readList(faults, object, "index", readIndexKey);
  return { longestSessionSeconds: longestSessionSeconds as number, keys, index };
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

function formatFault(format: unknown): string {
  return isWhole(format, KEY_FILE_FORMAT + 1, Number.MAX_SAFE_INTEGER)
    ? `format ${format} was written by a newer holdfast, and this one reads format ${KEY_FILE_FORMAT}; upgrade holdfast here`
    : `"format" must be ${KEY_FILE_FORMAT}; this is not a file made by \`npx holdfast keys generate\``;
}

type JsonObject = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isWhole(value: unknown, least: number, most: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most;
}

/** Adds a fault for each member that is not allowed; what is long enough to be a key is not named. */
export function checkMembers(
  faults: string[],
  name: string,
  value: object,
  allowed: readonly string[],
): void {
  for (const member of Object.keys(value)) {
    if (allowed.includes(member)) continue;
    const shown = /^[\w-]{1,24}$/.test(member) ? `"${member}"` : "a member";
    faults.push(`${name} has ${shown}, which is unknown; allowed are ${allowed.join(", ")}`);
  }
}

function readList<T>(
  faults: string[],
  json: JsonObject,
  member: string,
  read: (faults: string[], name: string, item: JsonObject) => T,
): readonly T[] {
  const list = json[member];
  if (!Array.isArray(list)) {
    faults.push(`"${member}" must be a list`);
    return [];
  }
  return list.map((item: unknown, i) => {
    const name = `${member}[${i}]`;
    if (!isObject(item)) faults.push(`${name} must be an object`);
    return read(faults, name, isObject(item) ? item : {});
  });
}

function readKey(faults: string[], name: string, item: JsonObject): FileKey {
  const states: readonly KeyState[] = ["next", "current", "old", "revoked"];
  const members = ["number", "state", "createdAt", "stateSince", "demotedAt", "bytes"];
  checkMembers(faults, name, item, members);
  if (!isWhole(item.number, 0, KEY_NUMBERS - 1)) {
    faults.push(`${name}.number must be a whole number from 0 to ${KEY_NUMBERS - 1}`);
  }
  const state = readState(faults, name, item, states);
  const demotedAt =
    item.demotedAt === undefined ? undefined : readAt(faults, name, item, "demotedAt");
  if (state === "old" && item.demotedAt === undefined) {
    faults.push(`${name} is old, so it needs demotedAt`);
  }
  return {
    number: item.number as number,
    state,
    createdAt: readAt(faults, name, item, "createdAt"),
    stateSince: readAt(faults, name, item, "stateSince"),
    ...(demotedAt === undefined ? {} : { demotedAt }),
    ...(item.bytes === undefined ? {} : { bytes: readBytes(faults, name, item) }),
  };
}

function readIndexKey(faults: string[], name: string, item: JsonObject): FileIndexKey {
  checkMembers(faults, name, item, ["state", "createdAt", "stateSince", "bytes"]);
  return {
    state: readState(faults, name, item, ["current", "old"] as const),
    createdAt: readAt(faults, name, item, "createdAt"),
    stateSince: readAt(faults, name, item, "stateSince"),
    bytes: readBytes(faults, name, item),
  };
}

function readState<S extends string>(
  faults: string[],
  name: string,
  item: JsonObject,
  states: readonly S[],
): S {
  const state = states.find((known) => known === item.state);
  if (state === undefined) faults.push(`${name}.state must be one of ${states.join(", ")}`);
  return state as S;
}

function readAt(faults: string[], name: string, item: JsonObject, member: string): number {
  const at = item[member];
  if (!isWhole(at, 0, Number.MAX_SAFE_INTEGER)) {
    faults.push(`${name}.${member} must be an instant in Unix epoch milliseconds`);
  }
  return at as number;
}

function readBytes(faults: string[], name: string, item: JsonObject): Buffer {
  const text = item.bytes;
  const bytes = Buffer.from(typeof text === "string" ? text : "", "base64");
  if (typeof text !== "string" || bytes.toString("base64") !== text) {
    faults.push(`${name}.bytes must be base64 with padding; restore it from a backup`);
  }
  return bytes;
}
