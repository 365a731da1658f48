/**
 * A keyring whose keys a key service wraps. The service is asked at start-up and, in the background, when
 * a new key is in the file; from there on the ring is that of a local key file, and no request waits.
 * @module
 */
import {
  createRing,
  type OpenRing,
  openRing,
  type RingFile,
  tell,
  warn,
} from "../crypto/create-keyring.ts";
import { keyringError, ringFaults } from "../crypto/key-file.ts";
import { accessFault, type KeyFileOnDisk, readKeyFile } from "../crypto/key-file-disk.ts";
import type { Keyring, RingIndexKey, RingKey } from "../crypto/keyring.ts";
import { must } from "../crypto/readers.ts";
import type { SessionError } from "../errors.ts";
import {
  isKeyService,
  KEY_SERVICE_RULE,
  type KeyService,
  memberName,
  serviceError,
  withinDeadline,
} from "./key-service.ts";
import { checkedOptions, keyringMembers, type ServiceKeyringOptions } from "./keyring-options.ts";
import {
  contextOf,
  digestOf,
  isFingerprintOf,
  judgedMode,
  parseWrappedFile,
  type WrappedIndexKey,
  type WrappedKey,
  type WrappedKeyFile,
} from "./wrapped-file.ts";

export type { KeyService, WrapContext } from "./key-service.ts";
export type { ServiceKeyringOptions } from "./keyring-options.ts";

/** Options of {@link wrappedKeyring}. */
export interface WrappedKeyringOptions extends ServiceKeyringOptions {
  readonly service: KeyService;
}

const DEFAULT_DEADLINE_SECONDS = 10;

/**
 * Opens a wrapped key file with a key service of your own. For Vault, AWS KMS, PKCS#11 and a passphrase
 * there are keyrings beside this one.
 *
 * @throws {SessionError} `HOLDFAST_OPTION` for an option that is missing, unknown or out of range;
 *   `HOLDFAST_KEYRING` if the file cannot be used, or the service does not open it within the deadline.
 */
export async function wrappedKeyring(options: WrappedKeyringOptions): Promise<Keyring> {
  const { service, ...others } = checkedOptions<WrappedKeyringOptions>(options, {
    ...keyringMembers,
    service: must<KeyService>(KEY_SERVICE_RULE, isKeyService),
  });
  return openKeyring(service, others);
}

/** {@link wrappedKeyring}, with options that were checked. */
export async function openKeyring(
  service: KeyService,
  { file, deadlineSeconds = DEFAULT_DEADLINE_SECONDS, onProblem = warn }: ServiceKeyringOptions,
): Promise<Keyring> {
  const source = new WrappedSource(service, file, deadlineSeconds, onProblem);
  await source.open();
  return createRing(source.read(), source);
}

// Private fields only: what inspects the ring's owner sees nothing of it.
class WrappedSource implements RingFile {
  readonly #service: KeyService;
  readonly #path: string;
  readonly #deadlineSeconds: number;
  readonly #onProblem: (error: SessionError) => void;
  /** What was opened so far, by its wrapped form: a key that changes its state is not opened again. */
  readonly #opened = new Map<string, Uint8Array>();
  readonly #closed = new AbortController();
  #ring: OpenRing | undefined;
  #isFetching = false;
  /** What was reported last: the same is not told again. */
  #problem: string | undefined;

  constructor(
    service: KeyService,
    path: string,
    deadlineSeconds: number,
    onProblem: (error: SessionError) => void,
  ) {
    this.#service = service;
    this.#path = path;
    this.#deadlineSeconds = deadlineSeconds;
    this.#onProblem = onProblem;
  }

  /** What the background has fetched. A request may call this, so it asks neither disk nor service. */
  read(): OpenRing {
    return this.#ring as OpenRing;
  }

  report(error: SessionError): void {
    this.#onProblem(error);
  }

  close(): void {
    this.#closed.abort();
  }

  async fetch(): Promise<void> {
    if (this.#isFetching) return;
    this.#isFetching = true;
    try {
      await this.open();
      this.#problem = undefined;
    } catch (error) {
      const { message } = error as SessionError;
      const isNew = message !== this.#problem && !this.#closed.signal.aborted;
      this.#problem = message;
      if (isNew) tell(this, error as SessionError);
    } finally {
      this.#isFetching = false;
    }
  }

  /** Reads the file, and opens what is new in it. On a failure nothing changes. */
  async open(): Promise<void> {
    const { text, stats } = readWrappedFile(this.#path);
    const mode = judgedMode(stats.mode, this.#service.name);
    const fault = accessFault(this.#path, { uid: stats.uid, mode });
    if (fault !== undefined) throw keyringError([fault]);
    const digest = digestOf(text);
    if (digest === this.#ring?.digest) return;
    const file = parseWrappedFile(text, this.#path);
    const other = otherService(file, this.#service, this.#path);
    if (other !== undefined) throw keyringError([other]);
    const signal = this.#closed.signal;
    await withinDeadline(
      this.#service,
      this.#deadlineSeconds,
      (late) => openMembers(this.#service, file, this.#opened, late),
      signal,
    );
    if (signal.aborted) return;
    this.#ring = { ...openRing(this.#judged(file)), digest };
    this.#forgetAllBut(file);
  }

  #judged({ keys, index, longestSessionSeconds }: WrappedKeyFile) {
    const withBytes = <T extends WrappedKey | WrappedIndexKey>(key: T) => ({
      ...key,
      bytes: key.wrapped === undefined ? undefined : this.#opened.get(key.wrapped),
    });
    const ringKeys: readonly RingKey[] = keys.map(withBytes);
    const indexKeys = index.map(withBytes) as readonly RingIndexKey[];
    const faults = ringFaults(ringKeys, indexKeys).map((each) => `${this.#path}: ${each}`);
    if (faults.length > 0) throw keyringError(faults);
    return { keys: ringKeys, index: indexKeys, longestSessionSeconds };
  }

  /** A key that was removed or revoked is not held any longer. */
  #forgetAllBut({ keys, index }: WrappedKeyFile): void {
    const inUse = new Set([...keys, ...index].map(({ wrapped }) => wrapped));
    for (const [wrapped, bytes] of this.#opened) {
      if (inUse.has(wrapped)) continue;
      bytes.fill(0);
      this.#opened.delete(wrapped);
    }
  }
}

function readWrappedFile(path: string): KeyFileOnDisk {
  try {
    return readKeyFile(path);
  } catch (error) {
    const { cause } = error as { readonly cause?: NodeJS.ErrnoException };
    if (cause?.code !== "ENOENT") throw error;
    throw keyringError([
      `There is no key file "${path}"; make one with \`npx holdfast keys generate FILE --service MODULE\`, or move a plain one with \`npx holdfast keys wrap OLD NEW --service MODULE\``,
    ]);
  }
}

/** What is wrong, if the file was not wrapped by this service. */
export function otherService(
  { service, serviceKey }: WrappedKeyFile,
  { name, key }: KeyService,
  path: string,
): string | undefined {
  return service === name && serviceKey === key
    ? undefined
    : `${path}: this was wrapped by ${service} (${serviceKey}), and the service given is ${name} (${key}); give the service that the file belongs to, or its own file`;
}

/** Opens what `opened` does not hold yet, all at once. What was opened stays there if something else fails. */
export async function openMembers(
  service: KeyService,
  { ring, keys, index }: WrappedKeyFile,
  opened: Map<string, Uint8Array>,
  signal: AbortSignal,
): Promise<void> {
  const openOne = async (key: WrappedKey | WrappedIndexKey): Promise<void> => {
    const { wrapped, fingerprint = "" } = key;
    if (wrapped === undefined || opened.has(wrapped)) return;
    const context = contextOf(ring, key);
    const bytes = await service.unwrap(wrapped, context, signal);
    if (!(bytes instanceof Uint8Array) || !isFingerprintOf(fingerprint, bytes)) {
      const what = `opened ${memberName(context)} to other bytes than the file had wrapped; restore the file from a backup`;
      throw serviceError(service, what);
    }
    // Memory of its own, which can be cleared: a client may keep the buffer it answered with.
    opened.set(wrapped, Uint8Array.from(bytes));
  };
  await Promise.all([...keys, ...index].map(openOne));
}
