/**
 * What `createKeyring` takes, and the checks of its shape. Whether the keys are good is judged elsewhere.
 * @module
 */
import { SessionError } from "../errors.ts";
import { checkMembers, KEY_NUMBERS, MAX_LONGEST_SESSION_SECONDS } from "./key-file.ts";
import type { RingIndexKey, RingKey } from "./keyring.ts";

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

const LONGEST_IN_FILE =
  '"longestSessionSeconds" is kept in the key file; change it there and leave the option out';

function optionFault(...faults: readonly string[]): SessionError {
  return new SessionError("HOLDFAST_OPTION", faults.join("\n"), { faults });
}

/** @throws {SessionError} `HOLDFAST_OPTION` if a key file's text stands beside an option that it holds itself. */
export function checkNoLongest(options: KeyringOptions): void {
  if (options.longestSessionSeconds !== undefined) throw optionFault(LONGEST_IN_FILE);
}

/** @throws {SessionError} `HOLDFAST_OPTION` with everything that is missing, unknown or of the wrong type. */
export function checkKeyringOptions(source: KeyringSource, options: KeyringOptions): void {
  const faults: string[] = [];
  const given: Readonly<Record<string, unknown>> = isObject(source) ? { ...source } : {};
  if (!isObject(source))
    faults.push('the first argument must be an object such as { file: "holdfast.keys" }');
  checkMembers(faults, "the keyring source", given, [
    "file",
    "string",
    "bytes",
    "keys",
    "indexKeys",
  ]);
  const kinds = ["file", "string", "bytes", "keys"].filter((kind) => kind in given);
  if (kinds.length !== 1 && isObject(source)) {
    faults.push(
      `exactly one of "file", "string", "bytes" and "keys" must be given, not ${kinds.length}`,
    );
  }
  for (const kind of ["file", "string"]) {
    const value = given[kind];
    if (kind in given && (typeof value !== "string" || value.trim() === "")) {
      faults.push(
        `"${kind}" must be a string that is not empty; is an environment variable missing?`,
      );
    }
  }
  if ("bytes" in given && !(given.bytes instanceof Uint8Array)) {
    faults.push('"bytes" must be a Uint8Array; pass text as { string }');
  }
  if ("keys" in given) checkKeys(faults, given.keys);
  if ("keys" in given || "indexKeys" in given)
    checkIndexKeys(faults, given.indexKeys, "keys" in given);

  if (!isObject(options))
    throw optionFault(...faults, "the second argument must be an object of options");
  checkMembers(faults, "the options object", options, ["longestSessionSeconds", "onProblem"]);
  const { longestSessionSeconds: longest, onProblem } = options;
  if (longest !== undefined) {
    if ("file" in given) faults.push(LONGEST_IN_FILE);
    if (!Number.isInteger(longest) || longest < 1 || longest > MAX_LONGEST_SESSION_SECONDS) {
      faults.push(
        `"longestSessionSeconds" must be a whole number from 1 to ${MAX_LONGEST_SESSION_SECONDS}`,
      );
    }
  }
  if (onProblem !== undefined && typeof onProblem !== "function") {
    faults.push('"onProblem" must be a function');
  }
  if (faults.length > 0) throw optionFault(...faults);
}

function checkKeys(faults: string[], keys: unknown): void {
  if (!Array.isArray(keys)) {
    faults.push('"keys" must be a list');
    return;
  }
  keys.forEach((key: unknown, i) => {
    const name = `keys[${i}]`;
    if (!isObject(key)) {
      faults.push(`${name} must be an object`);
      return;
    }
    const { number, state, bytes } = key as Partial<RingKey>;
    checkMembers(faults, name, key, ["number", "state", "bytes"]);
    if (!Number.isInteger(number) || Number(number) < 0 || Number(number) >= KEY_NUMBERS) {
      faults.push(`${name}.number must be a whole number from 0 to ${KEY_NUMBERS - 1}`);
    }
    if (!["next", "current", "old", "revoked"].includes(String(state))) {
      faults.push(`${name}.state must be next, current, old or revoked`);
    }
    if (bytes !== undefined && !(bytes instanceof Uint8Array)) {
      faults.push(`${name}.bytes must be a Uint8Array`);
    }
  });
}

function checkIndexKeys(faults: string[], keys: unknown, wanted: boolean): void {
  if (!wanted) faults.push('"indexKeys" is for "keys" only; leave it out');
  if (!Array.isArray(keys)) {
    faults.push('"indexKeys" must be a list, beside "keys"');
    return;
  }
  keys.forEach((key: unknown, i) => {
    const name = `indexKeys[${i}]`;
    if (!isObject(key)) {
      faults.push(`${name} must be an object`);
      return;
    }
    const { state, bytes } = key as Partial<RingIndexKey>;
    checkMembers(faults, name, key, ["state", "bytes"]);
    if (state !== "current" && state !== "old") faults.push(`${name}.state must be current or old`);
    if (!(bytes instanceof Uint8Array)) faults.push(`${name}.bytes must be a Uint8Array`);
  });
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
