/**
 * The anti-forgery token in a form: whom it was made for, its MAC, and the mask that makes it different
 * each time. Pure: knows no request and no store.
 * @module
 */
import { createHmac, hash, randomBytes, timingSafeEqual } from "node:crypto";
import type { DerivedKeys, Keyring } from "../crypto/keyring.ts";

/*
 * Token, format 1; 48 bytes:
 *   0       format (high 4 bits), key number (low 4 bits)
 *   1       holder: 0 a visitor, 1 an anonymous session, 2 a signed-in one
 *   2–16    first 15 bytes of the SHA-256 of the visitor's id, or of the session's handle
 *   17–31   the same of the remembered device's handle; zeros without one
 *   32–47   HMAC-SHA-256 over purpose and cookie name, each after its length, and bytes 0–31; first 16 bytes
 *
 * Sent as 48 random bytes and the token XORed with them: 96 bytes, 128 characters of base64url. What a
 * page repeats with every response is no longer the same, so that its compressed length tells nothing of
 * it (BREACH, CVE-2013-3587).
 */
const FORMAT = 1;
const NAME_BYTES = 15;
const NAME_AT = 2;
const DEVICE_AT = NAME_AT + NAME_BYTES;
const MAC_AT = DEVICE_AT + NAME_BYTES;
const TOKEN_BYTES = MAC_AT + 16;
// 96 bytes are a whole number of base64url groups: a masked token has exactly one spelling.
const MASKED_TEXT = /^[A-Za-z0-9_-]{128}$/;

const HOLDERS = ["visitor", "anonymous", "signed-in"] as const;

/** For whom a token is made. */
export interface FormHolder {
  readonly kind: (typeof HOLDERS)[number];
  /** Handle of the session, or the visitor's id. */
  readonly name: string;
  /** Handle of the remembered device that the session belongs to. */
  readonly device?: string | undefined;
}

/** A token that was made here. */
export interface FormToken {
  readonly kind: FormHolder["kind"];
  /** Whether it was made for the session, or the visitor, of this name. */
  isFor(name: string): boolean;
  /** Whether it was made for a session of this remembered device. */
  isOfDevice(handle: string): boolean;
}

/** A new text with every call. */
export function writeFormToken(holder: FormHolder, keys: DerivedKeys, cookieName: string): string {
  const bytes = Buffer.alloc(TOKEN_BYTES);
  bytes[0] = csrfHead(keys);
  bytes[1] = HOLDERS.indexOf(holder.kind);
  bytes.set(shortHash(holder.name), NAME_AT);
  if (holder.device !== undefined) bytes.set(shortHash(holder.device), DEVICE_AT);
  bytes.set(csrfMac("form", bytes.subarray(0, MAC_AT), keys, cookieName), MAC_AT);
  const mask = randomBytes(TOKEN_BYTES);
  return Buffer.concat([mask, xor(bytes, mask)]).toString("base64url");
}

/** @returns What the token says, or `undefined` if no key of the ring made it. Never throws. */
export function readFormToken(
  text: string,
  keyring: Keyring,
  cookieName: string,
): FormToken | undefined {
  if (!MASKED_TEXT.test(text)) return undefined;
  const masked = Buffer.from(text, "base64url");
  const bytes = xor(masked.subarray(TOKEN_BYTES), masked.subarray(0, TOKEN_BYTES));
  const keys = keysOf(bytes[0] as number, keyring);
  if (keys === undefined) return undefined;
  const mac = csrfMac("form", bytes.subarray(0, MAC_AT), keys, cookieName);
  if (!timingSafeEqual(mac, bytes.subarray(MAC_AT))) return undefined;
  const kind = HOLDERS[bytes[1] as number];
  if (kind === undefined) return undefined;
  const isAt = (at: number, name: string) =>
    timingSafeEqual(bytes.subarray(at, at + NAME_BYTES), shortHash(name));
  return {
    kind,
    isFor: (name) => isAt(NAME_AT, name),
    isOfDevice: (handle) => isAt(DEVICE_AT, handle),
  };
}

/** The byte that a value of this release begins with. */
export function csrfHead(keys: DerivedKeys): number {
  return (FORMAT << 4) | keys.number;
}

/** The keys that the first byte names; none for another format, and for a key that is gone. */
export function keysOf(head: number, keyring: Keyring): DerivedKeys | undefined {
  const keys = head >> 4 === FORMAT ? keyring.find(head & 0x0f) : undefined;
  return typeof keys === "object" ? keys : undefined;
}

/** 16 bytes. The lengths go first, so that no two purposes, names and contents are read alike. */
export function csrfMac(
  purpose: "form" | "visitor",
  content: Uint8Array,
  keys: DerivedKeys,
  cookieName: string,
): Buffer {
  return createHmac("sha256", keys.csrf)
    .update(`${purpose.length}:${purpose}${cookieName.length}:${cookieName}`)
    .update(content)
    .digest()
    .subarray(0, 16);
}

function shortHash(name: string): Buffer {
  return hash("sha256", name, "buffer").subarray(0, NAME_BYTES);
}

function xor(bytes: Uint8Array, mask: Uint8Array): Buffer {
  return Buffer.from(bytes.map((byte, at) => byte ^ (mask[at] as number)));
}
