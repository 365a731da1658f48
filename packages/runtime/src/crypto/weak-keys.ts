/**
 * Judges keys before they are used: short, patterned, written by a person, or printed somewhere.
 * A random key is refused less than once in a million, by chance; only text as base64 comes near that.
 * @module
 */
import { createHash } from "node:crypto";
import { deriveKey } from "./derive.ts";

/** The shortest key taken, as long as the output of the hash it keys. @see RFC 2104 3 */
const MIN_KEY_BYTES = 32;

/*
 * Text that documentation and tutorials of web frameworks print as a session secret, and favourites.
 * Each is too short to be a key itself; its SHA-256 or SHA-512, which is how such a text becomes
 * "32 bytes", is refused, and so is a string that the longer ones stand in.
 */
const PUBLISHED_TEXTS: readonly string[] =
  "|abc|changeme|character|company|cookie|default|example|holdfast example key|holdfast test vector 1|holdfast test vector 2|keyboard cat|passphrase|password|production|project|qwerty|secret|server|session|test|your-256-bit-secret".split(
    "|",
  );

/*
 * Keys of published test vectors and of framework documentation that look random: their first four
 * bytes. A random key begins like one of them, or like a hash above, once in 40 million.
 */
const PUBLISHED_KEYS: readonly string[] = [
  // NIST SP 800-38A F.1.5, the AES-256 key of all examples
  "603deb10",
  // RFC 8439 A.5
  "1c9240a5",
  // RFC 7515 A.1, the HS256 key of the example token
  "0323354b",
  // RFC 7520 3.5
  "849b5721",
  // Flask, "Quickstart", Sessions
  "192b9bdd",
];

/** What is wrong with a key, as the end of a sentence that begins with its name; `undefined` if nothing is. */
export function keyWeakness(bytes: Uint8Array): string | undefined {
  if (bytes.length < MIN_KEY_BYTES) {
    return `is ${bytes.length} bytes long, and at least ${MIN_KEY_BYTES} are needed`;
  }
  const pattern = "follows a pattern";
  if (hasProgression(bytes) || isPeriodic(bytes)) return pattern;
  if (isPublished(bytes)) return "is printed in documentation";
  if (isText(bytes)) return "is text, not random bytes";
  return new Set(bytes).size < 16 ? pattern : undefined;
}

/** As {@link keyWeakness}, for text that should be random base64: phrases without spaces decode as well. */
export function phraseWeakness(text: string): string | undefined {
  // A given word of six letters is in 43 characters of random base64 once in 30 million; eight are so short.
  const lower = text.toLowerCase();
  const hasWord = PUBLISHED_TEXTS.some(
    (word) => word.length > 5 && lower.includes(word.slice(0, 7)),
  );
  // Random base64 changes between capitals, small letters and the rest at two of three neighbours: runs
  // of four characters on average are in 43 of it once in seven million.
  const runs = text.match(/[A-Z]+|[a-z]+|[^A-Za-z]+/g) ?? [];
  return hasWord || runs.length < text.length / 4 ? "reads like a passphrase" : undefined;
}

/** Two keys with one name are the same key: HMAC pads short keys with zeros and hashes long ones. */
export function keyIdentity(bytes: Uint8Array): string {
  return deriveKey(bytes, "identity").toString("base64");
}

function firstBytes(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex", 0, 4);
}

// Made at the first use, in under a millisecond.
let published: Set<string> | undefined;
function isPublished(bytes: Uint8Array): boolean {
  published ??= new Set([
    ...PUBLISHED_KEYS,
    ...PUBLISHED_TEXTS.flatMap((text) =>
      ["sha256", "sha512"].map((hash) => firstBytes(createHash(hash).update(text).digest())),
    ),
  ]);
  return published.has(firstBytes(bytes));
}

// Random bytes are valid UTF-8 without control characters less than once in a hundred million keys.
function isText(bytes: Uint8Array): boolean {
  const text = Buffer.from(bytes).toString();
  const isUtf8 = Buffer.from(text).equals(bytes);
  return isUtf8 && !/\p{Cc}|\p{Cn}/u.test(text.replace(/\s/g, ""));
}

// Six bytes with one step between neighbours: a run (step 0) or a count up or down.
function hasProgression(bytes: Uint8Array): boolean {
  const steps = bytes.map((byte, i) => byte - (bytes[i - 1] ?? 0));
  return steps.some(
    (step, i) => i > 4 && steps.subarray(i - 4, i).every((other) => other === step),
  );
}

function isPeriodic(bytes: Uint8Array): boolean {
  const buffer = Buffer.from(bytes);
  for (let period = 1; period <= bytes.length / 2; period++) {
    if (buffer.subarray(period).equals(buffer.subarray(0, -period))) return true;
  }
  return false;
}
