/**
 * The cookie of a known device: shows that this browser has signed in to an account before. It signs
 * nobody in; it gives the browser a budget of its own. Pure: knows no request and no clock.
 * @module
 */
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { DerivedKeys, Keyring } from "../crypto/keyring.ts";

/*
 * One pass per account, the one signed in to last first, joined by dots. A pass, format 1, big-endian;
 * 33 bytes, 44 characters of base64url:
 *   0       format (high 4 bits), key number (low 4 bits)
 *   1–12    device, 96 random bits
 *   13–16   issuedAt, in whole seconds since the Unix epoch
 *   17–32   HMAC-SHA-256 under the throttle key over the length-prefixed cookie name, bytes 0–16 and the
 *           account, first 16 bytes
 * The account is in the MAC alone, so that the cookie does not say whose browser this is.
 */
const FORMAT = 1;
const DEVICE_AT = 1;
const ISSUED_AT = 13;
const MAC_AT = 17;
const PASS_BYTES = 33;
// 33 bytes are a whole number of base64url groups: each pass has exactly one spelling.
const PASS_TEXT = /^[A-Za-z0-9_-]{44}$/;

/** Accounts that one browser is known for; the one used longest ago makes room. */
export const MAX_PASSES = 4;

/** What a device is known by. */
export interface KnownDevice {
  /** 24 hex digits. */
  readonly id: string;
}

/** What passes are judged and written by. */
export interface PassRules {
  readonly keyring: Keyring;
  readonly cookieName: string;
  readonly deviceSeconds: number;
  /** The current instant, in Unix epoch milliseconds. */
  readonly now: number;
}

/**
 * The device that one of the cookie's values shows for this account; `undefined` for anything that is
 * malformed, forged, too old, another account's or under a key that is gone. Never throws.
 *
 * @param account In its normalised spelling.
 * @see OWASP, Slow Down Online Guessing Attacks with Device Cookies
 */
export function knownDevice(
  values: readonly string[],
  account: string,
  rules: PassRules,
): KnownDevice | undefined {
  const pass = passesOf(values, rules).find((bytes) => isOf(account, bytes, rules));
  return pass && { id: pass.toString("hex", DEVICE_AT, ISSUED_AT) };
}

/**
 * The cookie's next value: a new pass for this account, for the device that it was or for a new one, and
 * before the passes that the browser has for other accounts.
 */
export function withPass(values: readonly string[], account: string, rules: PassRules): string {
  const { keyring, cookieName, now } = rules;
  const passes = passesOf(values, rules);
  const own = passes.find((bytes) => isOf(account, bytes, rules));
  const bytes = Buffer.alloc(PASS_BYTES);
  bytes[0] = (FORMAT << 4) | keyring.current.number;
  bytes.set(own?.subarray(DEVICE_AT, ISSUED_AT) ?? randomBytes(ISSUED_AT - DEVICE_AT), DEVICE_AT);
  bytes.writeUInt32BE(Math.floor(now / 1000), ISSUED_AT);
  bytes.set(passMac(bytes, account, keyring.current, cookieName), MAC_AT);
  const others = passes.filter((pass) => !isOf(account, pass, rules));
  return [bytes, ...others]
    .slice(0, MAX_PASSES)
    .map((pass) => pass.toString("base64url"))
    .join(".");
}

/** Passes by shape and age alone: whose they are, only a check against an account can tell. */
function passesOf(values: readonly string[], rules: PassRules): readonly Buffer[] {
  return values
    .flatMap((value) => value.split(".", MAX_PASSES))
    .filter((text) => PASS_TEXT.test(text))
    .map((text) => Buffer.from(text, "base64url"))
    .filter((bytes) => keysOf(bytes, rules) !== undefined && !isOld(bytes, rules));
}

function keysOf(bytes: Buffer, { keyring }: PassRules): DerivedKeys | undefined {
  const head = bytes[0] as number;
  const keys = head >> 4 === FORMAT ? keyring.find(head & 0x0f) : undefined;
  return typeof keys === "object" ? keys : undefined;
}

function isOld(bytes: Buffer, { now, deviceSeconds }: PassRules): boolean {
  return now / 1000 - bytes.readUInt32BE(ISSUED_AT) >= deviceSeconds;
}

function isOf(account: string, bytes: Buffer, rules: PassRules): boolean {
  const keys = keysOf(bytes, rules);
  if (keys === undefined) return false;
  return timingSafeEqual(passMac(bytes, account, keys, rules.cookieName), bytes.subarray(MAC_AT));
}

function passMac(bytes: Buffer, account: string, keys: DerivedKeys, cookieName: string): Buffer {
  // Counters' keys begin with another word: no HMAC under this key serves both.
  return createHmac("sha256", keys.throttle)
    .update(`device ${cookieName.length}:${cookieName}`)
    .update(bytes.subarray(0, MAC_AT))
    .update(account)
    .digest()
    .subarray(0, 16);
}
