/**
 * Boxes: what a record holds in sealed form, bound to the record it belongs to.
 * Pure: bytes in, bytes out. AES-256-GCM, keys and nonces as in NIST SP 800-38D.
 * @module
 */
import { createCipheriv, createDecipheriv, createHmac, randomBytes } from "node:crypto";
import type { DerivedKeys, Keyring } from "./keyring.ts";

/*
 * Box, format 1:
 *   0       format (high 4 bits), key number (low 4 bits)
 *   1–12    nonce, 96 random bits, new for every seal (NIST SP 800-38D 8.2.2)
 *   13–     AES-256-GCM ciphertext, then its 16-byte tag
 * The key is HMAC-SHA-256 of the owner (series, store key or previous secret) under the purpose's
 * root, so that one key seals one session's boxes only: far below the limit of seals per key.
 */
const FORMAT = 1;
const NONCE_AT = 1;
const TEXT_AT = 13;
const TAG_BYTES = 16;

export type BoxPurpose = "data" | "meta" | "successor";

/** The fields of a record that a box is bound to; a box moved to another record does not open. */
export interface BoxContext {
  readonly storeKey: string;
  readonly handle: string;
  readonly subjectKey: string | null;
  readonly createdAt: number;
  readonly absoluteExpiresAt: number;
}

/** Why a box did not open. `tampered` only if its key is present. */
export type BoxFault = "key-missing" | "key-revoked" | "tampered";

/** @param owner What the key is derived from: the series, the store key or the previous secret. */
export function sealBox(
  purpose: BoxPurpose,
  keys: DerivedKeys,
  owner: Uint8Array | string,
  context: BoxContext,
  plaintext: Uint8Array | string,
): Buffer {
  const head = (FORMAT << 4) | keys.number;
  const nonce = randomBytes(TEXT_AT - NONCE_AT);
  const cipher = createCipheriv("aes-256-gcm", boxKey(purpose, keys, owner), nonce);
  cipher.setAAD(associatedData(purpose, head, context));
  const text =
    typeof plaintext === "string" ? cipher.update(plaintext, "utf8") : cipher.update(plaintext);
  cipher.final();
  // Memory of its own: Node's pool would lay the box beside tokens, and a store may pass on the whole buffer.
  const box = Buffer.allocUnsafeSlow(TEXT_AT + text.length + TAG_BYTES);
  box[0] = head;
  box.set(nonce, NONCE_AT);
  box.set(text, TEXT_AT);
  box.set(cipher.getAuthTag(), TEXT_AT + text.length);
  return box;
}

/** @returns The plaintext, or why there is none. Never throws, whatever the bytes. */
export function openBox(
  purpose: BoxPurpose,
  keyring: Keyring,
  owner: Uint8Array | string,
  context: BoxContext,
  box: Uint8Array,
): Buffer | BoxFault {
  if (box.length < TEXT_AT + TAG_BYTES) return "tampered";
  const head = box[0] as number;
  if (head >> 4 !== FORMAT) return "key-missing";
  const keys = keyring.find(head & 0x0f);
  if (keys === undefined) return "key-missing";
  if (keys === "revoked") return "key-revoked";

  const tagAt = box.length - TAG_BYTES;
  const key = boxKey(purpose, keys, owner);
  const decipher = createDecipheriv("aes-256-gcm", key, box.subarray(NONCE_AT, TEXT_AT));
  decipher.setAAD(associatedData(purpose, head, context));
  decipher.setAuthTag(box.subarray(tagAt));
  const plaintext = decipher.update(box.subarray(TEXT_AT, tagAt));
  try {
    decipher.final();
  } catch {
    return "tampered"; // The caller reports it as `token.refused`, reason `tampered`.
  }
  return plaintext;
}

/** The number of the key that sealed a box. */
export function boxKeyNumber(box: Uint8Array): number {
  return (box[0] ?? 0) & 0x0f;
}

function boxKey(purpose: BoxPurpose, keys: DerivedKeys, owner: Uint8Array | string): Buffer {
  return createHmac("sha256", keys[purpose]).update(owner).digest();
}

function associatedData(purpose: BoxPurpose, head: number, context: BoxContext): Buffer {
  const { storeKey, handle, subjectKey, createdAt, absoluteExpiresAt } = context;
  // The number of separators is fixed, so no two contexts read the same, whatever a store puts into a field.
  return Buffer.from(
    `${purpose}\n${head}\n${storeKey}\n${handle}\n${subjectKey ?? ""}\n${createdAt}\n${absoluteExpiresAt}`,
  );
}
