/**
 * What attempts are counted by: one spelling of an account and of an address, and the keys that hide both
 * from the store. Pure.
 * @module
 */
import { createHmac } from "node:crypto";

/** Characters of a name that are looked at: no account has a longer one. */
const MAX_NAME_LENGTH = 1024;

/**
 * One spelling of a name: Unicode's compatible forms (NFKC), without regard to case and surrounding
 * blanks. Two accounts that differ only in these share a budget, which harms neither much.
 *
 * @see Unicode Standard Annex 15 (NFKC)
 */
export function normalizedAccount(account: string): string {
  // Up, then down: ß and ss, σ and ς, and ſ and s are one.
  const folded = account.slice(0, MAX_NAME_LENGTH).normalize("NFKC").toUpperCase().toLowerCase();
  return folded.normalize("NFKC").trim();
}

const IPV4 = /^(?:\d{1,3}\.){3}\d{1,3}$/;

/**
 * What an address is counted as: an IPv4 address as it is, also if it came mapped into IPv6 (RFC 4291
 * 2.5.5.2) or with a port; an IPv6 address as its prefix, since one customer has the rest to choose from.
 * Anything else is counted as it is. Never throws.
 */
export function countedAddress(address: string, ipv6PrefixBits: number): string {
  const bare = withoutPort(address.trim().toLowerCase());
  if (IPV4.test(bare)) return bare;
  const groups = ipv6Groups(bare);
  if (groups === undefined) return bare.slice(0, MAX_NAME_LENGTH);
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (isMapped) {
    const [high = 0, low = 0] = groups.slice(6);
    return [high >> 8, high & 0xff, low >> 8, low & 0xff].join(".");
  }
  const prefix = groups.map((group, i) => {
    const kept = Math.min(16, Math.max(0, ipv6PrefixBits - 16 * i));
    return (group & (0xffff << (16 - kept)) & 0xffff).toString(16);
  });
  return `${prefix.join(":")}/${ipv6PrefixBits}`;
}

/** Some proxies write `192.0.2.1:4711` and `[2001:db8::1]:4711`. */
function withoutPort(address: string): string {
  const [, bracketed] = /^\[([^\]]*)\](?::\d*)?$/.exec(address) ?? [];
  if (bracketed !== undefined) return bracketed;
  const [, ipv4] = /^([\d.]+):\d+$/.exec(address) ?? [];
  return ipv4 ?? address;
}

/** The eight groups of an IPv6 address, or `undefined` for what is none. */
function ipv6Groups(address: string): readonly number[] | undefined {
  const [text = ""] = address.split("%", 1); // A zone names an interface of this machine (RFC 4007 11).
  if (!/^[\da-f:.]*:[\da-f:.]*$/.test(text) || !URL.canParse(`http://[${text}]/`)) return undefined;
  // The URL parser leaves hexadecimal groups alone, and at most one `::`.
  const [head = "", tail] = new URL(`http://[${text}]/`).hostname.slice(1, -1).split("::");
  const groupsOf = (part: string) => (part === "" ? [] : part.split(":"));
  const before = groupsOf(head);
  const after = groupsOf(tail ?? "");
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => "0");
  return [...before, ...zeros, ...after].map((group) => Number.parseInt(group, 16));
}

/** What a counter is for; part of its key, so that no two kinds meet. */
export type Counted = "account" | "address" | "account-and-address" | "device" | "flood";

/**
 * Key of a counter: 22 characters of base64url, 128 bits of an HMAC-SHA-256. Without the keyring nobody
 * can tell from the limiter's store who was guessed at, or from where.
 *
 * @param key The throttle key of the ring's current master key.
 */
export function counterKey(key: Uint8Array, counted: Counted, ...names: readonly string[]): string {
  const hmac = createHmac("sha256", key).update(`count ${counted}`);
  // The length goes first, so that no two lists of names read as one.
  for (const name of names) hmac.update(` ${name.length}:${name}`);
  return hmac.digest().subarray(0, 16).toString("base64url");
}
