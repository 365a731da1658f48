/**
 * The token in the browser's cookie: its bytes, its MAC, and the store key it leads to.
 * Pure: knows no store, no clock and no request.
 * @module
 */
import { createHmac, hash, randomBytes, timingSafeEqual } from "node:crypto";
import type { DerivedKeys } from "./keyring.ts";

/*
 * Token, format 1, big-endian; 69 bytes, 92 characters of base64url:
 *   0       format (high 4 bits), key number (low 4 bits)
 *   1–2     bucket
 *   3–20    series, 144 random bits, new with every session
 *   21–52   secret, 256 random bits, new at every rotation (ASVS 5.0, 7.2.3 asks for 128)
 *   53–68   HMAC-SHA-256 over the length-prefixed cookie name and bytes 0–52, first 16 bytes
 */
const FORMAT = 1;
const SERIES_AT = 3;
const SECRET_AT = 21;
const MAC_AT = 53;
const TOKEN_BYTES = 69;
// 69 bytes are a whole number of base64url groups: each token has exactly one spelling.
const TOKEN_TEXT = /^[A-Za-z0-9_-]{92}$/;

/** Characters of a token. */
export const TOKEN_LENGTH = 92;

/** A token that was read but not yet believed: {@link verifyToken} comes next. */
export interface Token {
  readonly format: number;
  readonly keyNumber: number;
  /** 4 lower-case hex digits. */
  readonly bucket: string;
  /** 18 bytes. */
  readonly series: Buffer;
  /** 32 bytes. */
  readonly secret: Buffer;
  readonly bytes: Buffer;
}

/** The parts of a token that stay while its secret and key change. */
export interface TokenSeries {
  /** 4 lower-case hex digits. */
  readonly bucket: string;
  /** 18 bytes. */
  readonly series: Buffer;
}

/** @returns The parts of a token, or `undefined` if `text` has not the shape of one. Never throws. */
export function readToken(text: string): Token | undefined {
  if (text.length !== TOKEN_LENGTH || !TOKEN_TEXT.test(text)) return undefined;
  const bytes = Buffer.from(text, "base64url");
  const head = bytes[0] as number;
  return {
    format: head >> 4,
    keyNumber: head & 0x0f,
    bucket: bytes.toString("hex", 1, SERIES_AT),
    series: bytes.subarray(SERIES_AT, SECRET_AT),
    secret: bytes.subarray(SECRET_AT, MAC_AT),
    bytes,
  };
}

/** Whether this release can read the token's format; one it cannot is treated as under a missing key. */
export function isKnownFormat(token: Token): boolean {
  return token.format === FORMAT;
}

/** Compares in constant time: says whether `keys` minted this token for a cookie of this name. */
export function verifyToken(token: Token, keys: DerivedKeys, cookieName: string): boolean {
  return timingSafeEqual(
    tokenMac(token.bytes, keys, cookieName),
    token.bytes.subarray(MAC_AT, TOKEN_BYTES),
  );
}

/** Mints the text of a token for a cookie of this name. */
export function writeToken(
  { bucket, series }: TokenSeries,
  secret: Uint8Array,
  keys: DerivedKeys,
  cookieName: string,
): string {
  const bytes = Buffer.allocUnsafe(TOKEN_BYTES);
  bytes[0] = (FORMAT << 4) | keys.number;
  bytes.write(bucket, 1, "hex");
  bytes.set(series, SERIES_AT);
  bytes.set(secret, SECRET_AT);
  bytes.set(tokenMac(bytes, keys, cookieName), MAC_AT);
  return bytes.toString("base64url");
}

function tokenMac(bytes: Buffer, keys: DerivedKeys, cookieName: string): Buffer {
  // The length goes first, so that no name and token can be read as another pair.
  return createHmac("sha256", keys.mac)
    .update(`${cookieName.length}:${cookieName}`)
    .update(bytes.subarray(0, MAC_AT))
    .digest()
    .subarray(0, 16);
}

/** A new series in the given bucket, or in a random one. */
export function newSeries(bucket?: string): TokenSeries {
  return { bucket: bucket ?? randomBytes(2).toString("hex"), series: randomBytes(18) };
}

/** A new secret: 32 random bytes. */
export function newSecret(): Buffer {
  return randomBytes(32);
}

/** The key under which a store keeps the session: bucket and SHA-256 of the series, in hex. */
export function storeKeyOf({ bucket, series }: TokenSeries): string {
  return bucket + hash("sha256", series, "hex");
}

/** SHA-256 of a secret: what a store may keep of it. 32 bytes. */
export function secretHashOf(secret: Uint8Array): Buffer {
  return hash("sha256", secret, "buffer");
}

/** Whether two hashes are equal, in constant time; `false` for a record whose hash has another length. */
export function sameHash(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && timingSafeEqual(left, right);
}
