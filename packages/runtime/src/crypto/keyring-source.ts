/**
 * What `createKeyring` takes, and the checks of its shape. Whether the keys are good is judged elsewhere.
 * @module
 */
import { SessionError } from "../errors.ts";
import { indexKeyMembers, keyMembers, longestSession } from "./key-file.ts";
import type { RingIndexKey, RingKey } from "./keyring.ts";
import {
  isFunction,
  isObject,
  listFaults,
  listOf,
  matching,
  members,
  must,
  optional,
  type Reader,
} from "./readers.ts";

/** Where the keys come from: exactly one of the four. */
export type KeyringSource =
  /** Path of a key file, made by `holdfast keys generate`. Read again every minute. */
  | { readonly file: string }
  /** The text of a key file, or at least 32 random bytes in hex, base64 or base64url, from a secret manager. */
  | { readonly string: string }
  /** One key: at least 32 random bytes. */
  | { readonly bytes: Uint8Array }
  /** Keys and index keys one by one, from a key service. */
  | { readonly keys: readonly RingKey[]; readonly indexKeys: readonly RingIndexKey[] };

export interface KeyringOptions {
  /**
   * Longest absolute timeout of any policy that uses the ring, in seconds: 1 to 34 560 000.
   * A key file keeps its own, so it is refused beside one. @default 2592000
   */
  readonly longestSessionSeconds?: number | undefined;
  /**
   * Told when a key file cannot be read again; the keys read before stay in use. Once for each different problem.
   * @default process.emitWarning
   */
  readonly onProblem?: ((error: SessionError) => void) | undefined;
}

const filled = matching(/\S/, "a string that is not empty; is an environment variable missing?");
const bytes: Reader<Uint8Array> = must(
  "a Uint8Array, not text",
  (value) => value instanceof Uint8Array,
);

const sources: Readonly<Record<string, Reader<object>>> = {
  file: members({ file: filled }),
  string: members({ string: filled }),
  bytes: members({ bytes }),
  keys: members({
    keys: listOf(members<RingKey>({ ...keyMembers, bytes: optional(bytes) })),
    indexKeys: listOf(members<RingIndexKey>({ ...indexKeyMembers, bytes })),
  }),
};

const readOptions: Reader<KeyringOptions> = members<KeyringOptions>({
  longestSessionSeconds: optional(longestSession),
  onProblem: optional(must("a function", isFunction)),
});

/** Whether a key string is the text of a key file. */
export function isFileText(string: unknown): boolean {
  return typeof string === "string" && string.trim().startsWith("{");
}

/** @throws {SessionError} `HOLDFAST_OPTION` with everything that is missing, unknown or of the wrong type. */
export function checkKeyringOptions(source: unknown, options: unknown): void {
  const faults: string[] = [];
  const given = isObject(source) ? source : {};
  const [kind = "", ...more] = Object.keys(sources).filter((name) => Object.hasOwn(given, name));
  const readSource = more.length === 0 ? sources[kind] : undefined;
  if (readSource !== undefined) readSource(given, "source", faults);
  else {
    faults.push(
      `"source" must be an object with one of ${Object.keys(sources).join(", ")}, such as { file: "holdfast.keys" }`,
    );
  }
  const { longestSessionSeconds } = readOptions(options, "options", faults) ?? {};
  const isFile = kind === "file" || (kind === "string" && isFileText(given.string));
  if (isFile && longestSessionSeconds !== undefined) {
    faults.push(
      '"options.longestSessionSeconds" is kept in the key file; change it there and leave the option out',
    );
  }
  if (faults.length > 0) {
    throw new SessionError("HOLDFAST_OPTION", listFaults(faults), { faults });
  }
}
