/**
 * `createKeyring`: from a key file, a string or bytes to the ring that the engine uses.
 * Keeps derived keys only, where neither logs nor serialisers find them.
 * @module
 */
import { inspect } from "node:util";
import type { SessionError } from "../errors.ts";
import { deriveKey, deriveKeys } from "./derive.ts";
import {
  DEFAULT_LONGEST_SESSION_SECONDS,
  GOOD_KEYS,
  keyringError,
  parseKeyFile,
  REREAD_SECONDS,
  ringFaults,
} from "./key-file.ts";
import { accessFault, readKeyFile } from "./key-file-disk.ts";
import type { DerivedKeys, Keyring, RingIndexKey, RingKey } from "./keyring.ts";
import {
  checkKeyringOptions,
  isFileText,
  type KeyringOptions,
  type KeyringSource,
} from "./keyring-source.ts";
import { keyIdentity, phraseWeakness } from "./weak-keys.ts";

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
  if ("file" in source) {
    const { file } = source;
    const read = (): OpenRing => openFile(file);
    return new Ring(read(), { read, report: options.onProblem ?? warn });
  }
  if ("string" in source) return new Ring(openString(source.string, longest));
  if ("bytes" in source) return new Ring(openKey(source.bytes, longest));
  return new Ring(
    openJudged({ keys: source.keys, index: source.indexKeys, longestSessionSeconds: longest }),
  );
}

/** The keys of a ring, wherever they come from. */
export interface RingKeys {
  readonly keys: readonly RingKey[];
  readonly index: readonly RingIndexKey[];
  readonly longestSessionSeconds: number;
}

/** A ring at one moment. Replaced as a whole, so that no request sees half of a change. */
export interface OpenRing {
  readonly current: DerivedKeys;
  readonly byNumber: ReadonlyMap<number, DerivedKeys | "revoked">;
  readonly indexKeys: readonly Buffer[];
  readonly longestSessionSeconds: number;
  /** Tells whether the text of the file changed, without keeping it. */
  readonly digest?: string;
}

/** Where a ring that can change is read again, and who is told when that fails. */
export interface RingFile {
  /** At once: a request may be waiting for it. */
  read(): OpenRing;
  report(error: SessionError): void;
  /** For keys held elsewhere: fetches, once a minute, what `read` then answers. Never rejects. */
  fetch?(): Promise<void>;
  /** Ends a fetch that is under way. */
  close?(): void;
}

/** The one ring, wherever its keys come from. */
export function createRing(open: OpenRing, file?: RingFile): Keyring {
  return new Ring(open, file);
}

// Private fields and prototype getters only, as in DerivedKeys.
class Ring implements Keyring {
  #open: OpenRing;
  readonly #file: RingFile | undefined;
  readonly #timer: NodeJS.Timeout | undefined;
  /** What was reported last: the same is not told again. */
  #problem: string | undefined;

  constructor(open: OpenRing, file?: RingFile) {
    this.#open = open;
    this.#file = file;
    if (file === undefined) return;
    const reread = (): boolean => this.#reload(file);
    this.#timer = setInterval(() => file.fetch?.().then(reread) ?? reread(), REREAD_SECONDS * 1000);
    this.#timer.unref();
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
    return this.#open.byNumber.get(number);
  }

  async reload(): Promise<boolean> {
    this.#problem = undefined;
    return this.#file !== undefined && this.#reload(this.#file);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#file?.close?.();
  }

  #reload(file: RingFile): boolean {
    try {
      const open = file.read();
      this.#problem = undefined;
      // The same keys stay the same objects.
      if (open.digest === this.#open.digest) return false;
      this.#open = open;
      return true;
    } catch (error) {
      const { message } = error as SessionError;
      if (message !== this.#problem) tell(file, error as SessionError);
      this.#problem = message;
      return false;
    }
  }

  [inspect.custom](): string {
    const numbers = [...this.#open.byNumber.keys()].join(", ");
    return `Keyring { current: ${this.current.number}, numbers: ${numbers} }`;
  }
}

/** Tells of a problem with the file; the ring stays as it is. Never throws. */
export function tell(file: Pick<RingFile, "report">, error: SessionError): void {
  try {
    file.report(error);
  } catch {
    // A handler that throws would end the process from inside the timer.
    warn(error, '"onProblem" threw. ');
  }
}

/** Where problems go if nobody listens. */
export function warn({ message, code }: SessionError, before: string = ""): void {
  process.emitWarning(`${before}The keys read before stay in use. ${message}`, {
    type: "HoldfastWarning",
    code,
  });
}

function openFile(path: string): OpenRing {
  const { text, stats } = readKeyFile(path);
  const fault = accessFault(path, stats);
  const file = parseKeyFile(text, path, fault === undefined ? [] : [fault]);
  return { ...openRing(file), digest: keyIdentity(Buffer.from(text)) };
}

function openString(string: string, longestSessionSeconds: number): OpenRing {
  const name = "the key string";
  if (isFileText(string)) return openRing(parseKeyFile(string, name));
  const text = string.trim();
  // Hex first: all hex is base64 too, and random base64 is never all hex.
  const hex = /^([0-9a-f]{2})+$/i.test(text);
  const weakness = hex ? undefined : (phraseWeakness(text) ?? base64Fault(text));
  if (weakness !== undefined) throw keyringError([`${name} ${weakness}; ${GOOD_KEYS}`]);
  return openKey(Buffer.from(text, hex ? "hex" : "base64"), longestSessionSeconds);
}

// Left-over bits that are not zero mean that the text was cut or made up.
function base64Fault(text: string): string | undefined {
  const canonical = Buffer.from(text, "base64").toString("base64url");
  const given = text.replaceAll("+", "-").replaceAll("/", "_");
  return canonical === given.replace(/={1,2}$/, "")
    ? undefined
    : "is not hex, base64 or base64url, or was cut off";
}

function openKey(bytes: Uint8Array, longestSessionSeconds: number): OpenRing {
  return openJudged({
    keys: [{ number: 0, state: "current", bytes }],
    index: [{ state: "current", bytes: deriveKey(bytes, "index") }],
    longestSessionSeconds,
  });
}

function openJudged(ring: RingKeys): OpenRing {
  const faults = ringFaults(ring.keys, ring.index);
  if (faults.length > 0) throw keyringError(faults);
  return openRing(ring);
}

/** Derives what the engine needs. The keys have been judged. */
export function openRing({ keys, index, longestSessionSeconds }: RingKeys): OpenRing {
  const byNumber = new Map<number, DerivedKeys | "revoked">();
  for (const { number, state, bytes } of keys) {
    byNumber.set(
      number,
      state === "revoked" ? state : deriveKeys(number, state, bytes as Uint8Array),
    );
  }
  const current = keys.find(({ state }) => state === "current") as RingKey;
  const inOrder = [...index].sort((key) => (key.state === "current" ? -1 : 1));
  return {
    current: byNumber.get(current.number) as DerivedKeys,
    byNumber,
    indexKeys: Object.freeze(inOrder.map(({ bytes }) => Buffer.from(bytes))),
    longestSessionSeconds,
  };
}
