/**
 * The ring of keys as the engine uses it: which key seals, which open, and what is derived from each.
 * @module
 */

/** Keys derived from one master key by HMAC-SHA-256 with a distinct label each; 32 bytes each. */
export interface DerivedKeys {
  /** 0 to 15: goes into tokens and boxes. */
  readonly number: number;
  /** `next` opens only, `current` seals, `old` opens and is re-minted as it is used. */
  readonly state: "next" | "current" | "old";
  /** Authenticates tokens. */
  readonly mac: Buffer;
  /** Root of the data boxes' keys. */
  readonly data: Buffer;
  /** Root of the meta boxes' keys. */
  readonly meta: Buffer;
  /** Root of the keys that seal a successor. */
  readonly successor: Buffer;
  /** Authenticates anti-forgery tokens. */
  readonly csrf: Buffer;
  /** Hides names and addresses in the throttle's counters. */
  readonly throttle: Buffer;
}

/** `next` opens, `current` seals and opens, `old` opens; of a `revoked` key only the number is left. */
export type KeyState = "next" | "current" | "old" | "revoked";

/** A master key as a key file or a key service delivers it. */
export interface RingKey {
  /** 0 to 15, each once. */
  readonly number: number;
  /** Exactly one key is `current`, at most one `next`. */
  readonly state: KeyState;
  /** At least 32 random bytes; absent when, and only when, the key is revoked. */
  readonly bytes?: Uint8Array | undefined;
}

/** A key that subjects are indexed by. */
export interface RingIndexKey {
  /** Exactly one is `current`, at most one `old`. */
  readonly state: "current" | "old";
  /** 32 random bytes. */
  readonly bytes: Uint8Array;
}

/** What the engine asks of a keyring. Made by `createKeyring`, or by the keyring of a key service. */
export interface Keyring {
  /** The key that seals. */
  readonly current: DerivedKeys;
  /** Keys that open: the derived keys, `revoked` for a number whose bytes are gone, `undefined` if not held. */
  find(number: number): DerivedKeys | "revoked" | undefined;
  /** Index keys, the current one first, then an old one while there is one; 32 bytes each. */
  readonly indexKeys: readonly Buffer[];
  /** Longest absolute timeout that the ring was made for: keys are kept that long after demotion. */
  readonly longestSessionSeconds: number;
  /**
   * Reads a key file again. Resolves to whether anything changed. Never rejects for a bad file: keeps the old ring.
   * Keys held elsewhere are fetched in the background alone, so that no request waits for a key service.
   */
  reload(): Promise<boolean>;
  /** Stops re-reading. */
  close(): void;
}
