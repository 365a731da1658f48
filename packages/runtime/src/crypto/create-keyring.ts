/**
 * `createKeyring`: from a key file, a string or bytes to the ring that the engine uses.
 * Keeps derived keys only, where neither logs nor serialisers find them.
 * @module
 */
import { inspect } from "node:util";
import { SessionError } from "../errors.ts";
import { deriveKey, deriveKeys } from "./derive.ts";
import {
  DEFAULT_LONGEST_SESSION_SECONDS,
  KEY_NUMBERS,
  keyringError,
  parseKeyFile,
  REREAD_SECONDS,
  ringFaults,
} from "./key-file.ts";
import {
  accessFault,
  fileSignature,
  pathSignature,
  readKeyFile,
  textDigest,
} from "./key-file-disk.ts";
import type { DerivedKeys, Keyring, RingIndexKey, RingKey } from "./keyring.ts";
import {
  checkKeyringOptions,
  checkNoLongest,
  type KeyringOptions,
  type KeyringSource,
} from "./keyring-source.ts";
import { keyWeakness, phraseWeakness, publishedText } from "./weak-keys.ts";

export type { KeyringOptions, KeyringSource } from "./keyring-source.ts";

/**
 * Opens the keys and derives what the engine needs from them, once.
 *
 * @returns A ring that shows no key when it is logged, spread, serialised or cloned. Close it to stop re-reading a file.
 * @throws {SessionError} `HOLDFAST_OPTION` for a source or an option that is not one of those above;
 *   `HOLDFAST_KEYRING` for a key file that is missing or that others can read, and for weak, short,
 *   repeated or well-known keys. All faults at once.
 * @see ASVS 5.0, 13.3.1 (secrets are kept out of source code); CWE-321, CWE-798
 */
export function createKeyring(source: KeyringSource, options: KeyringOptions = {}): Keyring {
  checkKeyringOptions(source, options);
  const longest = options.longestSessionSeconds ?? DEFAULT_LONGEST_SESSION_SECONDS;
  if ("file" in source) return new FileRing(source.file, options);
  if ("string" in source) return new Ring(openString(source.string, options));
  if ("bytes" in source) return new Ring(openSingle("The key", source.bytes, longest));
  const faults = ringFaults(source.keys, source.indexKeys);
  if (faults.length > 0) throw keyringError(faults);
  return new Ring(openRing(source.keys, source.indexKeys, longest));
}

/** A ring at one moment. Replaced as a whole, so that no request sees half of a change. */
interface OpenRing {
  readonly current: DerivedKeys;
  readonly slots: readonly (DerivedKeys | "revoked" | undefined)[];
  readonly indexKeys: readonly Buffer[];
  readonly longestSessionSeconds: number;
}

// Private fields and prototype getters only, as in DerivedKeys.
class Ring implements Keyring {
  #open: OpenRing;

  constructor(open: OpenRing) {
    this.#open = open;
  }

  get current(): DerivedKeys {
    return this.#open.current;
  }
  get indexKeys(): readonly Buffer[] {
    return this.#open.indexKeys;
  }
  get longestSessionSeconds(): number {
    return this.#open.longestSessionSeconds;
  }

  find(number: number): DerivedKeys | "revoked" | undefined {
    return this.#open.slots[number];
  }

  async reload(): Promise<boolean> {
    return false;
  }

  close(): void {}

  protected replace(open: OpenRing): void {
    this.#open = open;
  }

  [inspect.custom](): string {
    const held = this.#open.slots.flatMap((slot, number) => (slot === undefined ? [] : [number]));
    return `Keyring { current: ${this.current.number}, numbers: ${held.join(", ")} }`;
  }
}

class FileRing extends Ring {
  readonly #path: string;
  readonly #report: (error: SessionError) => void;
  readonly #timer: NodeJS.Timeout;
  #signature: string | undefined;
  #digest: string;
  #problem: string | undefined;

  constructor(path: string, options: KeyringOptions) {
    const read = openFile(path);
    super(read.open);
    this.#path = path;
    this.#signature = read.signature;
    this.#digest = read.digest;
    this.#report = options.onProblem ?? warn;
    this.#timer = setInterval(() => {
      if (this.#mayHaveChanged()) this.#reload();
    }, REREAD_SECONDS * 1000);
    this.#timer.unref();
  }

  override async reload(): Promise<boolean> {
    this.#problem = undefined;
    return this.#reload();
  }

  override close(): void {
    clearInterval(this.#timer);
  }

  #mayHaveChanged(): boolean {
    try {
      return pathSignature(this.#path) !== this.#signature || this.#problem !== undefined;
    } catch {
      // The folder cannot be searched; reading the file reports that.
      return true;
    }
  }

  #reload(): boolean {
    try {
      const { open, signature, digest } = openFile(this.#path);
      const changed = digest !== this.#digest;
      if (changed) this.replace(open);
      this.#signature = signature;
      this.#digest = digest;
      this.#problem = undefined;
      return changed;
    } catch (error) {
      this.#tell(error as SessionError);
      return false;
    }
  }

  #tell(error: SessionError): void {
    if (error.message === this.#problem) return;
    this.#problem = error.message;
    try {
      this.#report(error);
    } catch (cause) {
      // A handler that throws would end the process from inside the timer.
      warn(
        new SessionError("HOLDFAST_KEYRING", `"onProblem" threw; ${error.message}`, {}, { cause }),
      );
    }
  }
}

function warn(error: SessionError): void {
  const message = `The keys read before stay in use. ${error.message}`;
  process.emitWarning(message, { type: "HoldfastWarning", code: error.code });
}

function openFile(path: string): { open: OpenRing; signature: string; digest: string } {
  const { text, stats } = readKeyFile(path);
  const fault = accessFault(path, stats);
  const faults = fault === undefined ? [] : [fault];
  let open: OpenRing | undefined;
  try {
    open = openText(text, path);
  } catch (error) {
    faults.push(...((error as SessionError).details.faults as readonly string[]));
  }
  if (open === undefined || faults.length > 0) throw keyringError(faults);
  return { open, signature: fileSignature(stats), digest: textDigest(text) };
}

function openText(text: string, name: string): OpenRing {
  const { keys, index, longestSessionSeconds } = parseKeyFile(text, name);
  return openRing(keys, index, longestSessionSeconds);
}

function openRing(
  keys: readonly RingKey[],
  indexKeys: readonly RingIndexKey[],
  longestSessionSeconds: number,
): OpenRing {
  const slots = new Array<DerivedKeys | "revoked" | undefined>(KEY_NUMBERS).fill(undefined);
  for (const { number, state, bytes } of keys) {
    slots[number] =
      bytes === undefined ? "revoked" : deriveKeys(number, state as DerivedKeys["state"], bytes);
  }
  const current = slots[keys.find(({ state }) => state === "current")?.number ?? 0] as DerivedKeys;
  const inOrder = [...indexKeys].sort((key) => (key.state === "current" ? -1 : 1));
  return {
    current,
    slots: Object.freeze(slots),
    indexKeys: Object.freeze(inOrder.map(({ bytes }) => Buffer.from(bytes))),
    longestSessionSeconds,
  };
}

function openSingle(name: string, bytes: Uint8Array, longestSessionSeconds: number): OpenRing {
  const weakness = keyWeakness(bytes);
  if (weakness !== undefined) throw keyringError([`${name} ${weakness}; ${GOOD_STRING}`]);
  const index = { state: "current", bytes: deriveKey(bytes, "index") } as const;
  return openRing([{ number: 0, state: "current", bytes }], [index], longestSessionSeconds);
}

const GOOD_STRING =
  "make a good one with `npx holdfast keys generate --print`, or `openssl rand -base64 32`";

function openString(string: string, options: KeyringOptions): OpenRing {
  const text = string.trim();
  if (text.startsWith("{")) {
    checkNoLongest(options);
    return openText(text, "the key string");
  }
  // Hex first: all hex is base64 too, and random base64 is never all hex.
  const hex = /^([0-9a-f]{2})+$/i.test(text);
  const bytes = hex ? Buffer.from(text, "hex") : decodeBase64(text);
  const fault = publishedText(text) ?? (hex ? undefined : phraseWeakness(text));
  if (fault !== undefined || bytes === undefined) {
    const rule = fault ?? "is not hex, base64 or base64url, or was cut off";
    throw keyringError([`The key string ${rule}; ${GOOD_STRING}`]);
  }
  const longest = options.longestSessionSeconds ?? DEFAULT_LONGEST_SESSION_SECONDS;
  return openSingle("The key string", bytes, longest);
}

function decodeBase64(text: string): Buffer | undefined {
  for (const encoding of ["base64", "base64url"] as const) {
    const bytes = Buffer.from(text, encoding);
    // Left-over bits that are not zero mean that the text was cut or made up.
    const canonical = bytes.toString(encoding).replace(/=+$/, "");
    if (bytes.length > 0 && canonical === text.replace(/={1,2}$/, "")) return bytes;
  }
  return undefined;
}
