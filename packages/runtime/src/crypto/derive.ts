/**
 * From one master key to the keys that each serve one purpose. Knows nothing of files or rings.
 * @module
 */
import { createHash, createHmac } from "node:crypto";
import { inspect } from "node:util";
import type { DerivedKeys } from "./keyring.ts";

/** Purposes that a key is derived for. Renaming one ends every session: it is part of the format. */
export type KeyLabel = Purpose | "index" | "identity" | "fingerprint";

/** What a master key of a ring serves. */
type Purpose = "mac" | "data" | "meta" | "successor" | "csrf" | "throttle";

/**
 * HMAC-SHA-256 of `holdfast/1/<label>` under the master key, 32 bytes: a pseudo-random function keyed
 * by the master, so that no derived key tells anything about another.
 *
 * @param master At least 32 bytes; the caller has checked that.
 * @see RFC 2104 (HMAC)
 */
export function deriveKey(master: Uint8Array, label: KeyLabel): Buffer {
  return createHmac("sha256", master).update(`holdfast/1/${label}`).digest();
}

/** Everything that a master key is used for. The master key itself is not kept. */
export function deriveKeys(
  number: number,
  state: DerivedKeys["state"],
  master: Uint8Array,
): DerivedKeys {
  return new HiddenKeys(number, state, master);
}

/**
 * Eight hex digits that tell keys apart in lists: the start of the SHA-256 of a key of its own label, so
 * that they say nothing about the bytes or about any key in use.
 */
export function fingerprint(bytes: Uint8Array): string {
  const derived = deriveKey(bytes, "fingerprint");
  return createHash("sha256").update(derived).digest("hex").slice(0, 8);
}

// A private field and prototype getters: inspecting, spreading, serialising or cloning shows number and state alone.
class HiddenKeys implements DerivedKeys {
  readonly number: number;
  readonly state: DerivedKeys["state"];
  readonly #keys: Readonly<Record<Purpose, Buffer>>;

  constructor(number: number, state: DerivedKeys["state"], master: Uint8Array) {
    this.number = number;
    this.state = state;
    this.#keys = {
      mac: deriveKey(master, "mac"),
      data: deriveKey(master, "data"),
      meta: deriveKey(master, "meta"),
      successor: deriveKey(master, "successor"),
      csrf: deriveKey(master, "csrf"),
      throttle: deriveKey(master, "throttle"),
    };
    Object.freeze(this);
  }

  get mac(): Buffer {
    return this.#keys.mac;
  }
  get data(): Buffer {
    return this.#keys.data;
  }
  get meta(): Buffer {
    return this.#keys.meta;
  }
  get successor(): Buffer {
    return this.#keys.successor;
  }
  get csrf(): Buffer {
    return this.#keys.csrf;
  }
  get throttle(): Buffer {
    return this.#keys.throttle;
  }

  [inspect.custom](): string {
    return `DerivedKeys { number: ${this.number}, state: ${this.state} }`;
  }
}
