/**
 * Judges keys before they are used: short, patterned, written by a person, or printed somewhere.
 * A random key is refused less than once in a million, by chance; only text as base64 comes near that.
 * @module
 */
import { createHash, createHmac } from "node:crypto";

/** The shortest key taken, as long as the output of the hash it keys. @see RFC 2104 3 */
const MIN_KEY_BYTES = 32;

/*
 * Text that documentation and tutorials of web frameworks print as a session secret, and favourites.
 * Refused as text and as the SHA-256 or SHA-512 of it, which is how such a text becomes "32 bytes".
 */
const PUBLISHED_TEXTS: readonly string[] =
  "|0|1234|12345678|1234567890|a|abc|abc123|admin|changeit|changeme|cookie|default|dev|development|example|foo|hello|holdfast|holdfast example key|holdfast test vector 1|holdfast test vector 2|key|keyboard cat|letmein|my-secret|mysecret|passphrase|password|qwerty|s3cr3t|s3cret|secret|secret key|session|shhhhh|supersecret|test|testing|topsecret|your-256-bit-secret|your-secret|your-secret-key|yoursecret".split(
    "|",
  );

/* Keys of published test vectors and of framework documentation that look random: their first eight bytes. */
const PUBLISHED_KEYS: ReadonlySet<string> = /* @__PURE__ */ new Set([
  // NIST SP 800-38A F.1.5, the AES-256 key of all examples
  "603deb1015ca71be",
  // RFC 8439 A.5
  "1c9240a5eb55d38a",
  // RFC 7515 A.1, the HS256 key of the example token
  "0323354b2b0fa5bc",
  // RFC 7520 3.5
  "849b57219dae48de",
  // Flask, "Quickstart", Sessions
  "192b9bdd22ab9ed4",
]);

// Whole words are rare in random base64: a given one of six letters is in 43 characters once in 30 million.
const WORDS =
  /passwo|passphr|secret|changem|session|cookie|exampl|keyboa|qwerty|random|defaul|holdfa|compan|projec|produc|develo|testin|charac|websit|master|welcom|letmein|server|string/i;

/** What is wrong with a key, as the end of a sentence that begins with its name; `undefined` if nothing is. */
export function keyWeakness(bytes: Uint8Array): string | undefined {
  if (bytes.length < MIN_KEY_BYTES) {
    return `is ${bytes.length} bytes long, and at least ${MIN_KEY_BYTES} are needed`;
  }
  const pattern = "follows a pattern, so it can be guessed";
  if (hasProgression(bytes) || isPeriodic(bytes)) return pattern;
  if (isPublished(bytes)) return "is printed in documentation, so everybody knows it";
  if (isText(bytes)) return "is text that somebody can read, not random bytes";
  return new Set(bytes).size < 16 ? pattern : undefined;
}

/** As {@link keyWeakness}, for a key as text that stands in documentation. */
export function publishedText(text: string): string | undefined {
  if (!publishedTexts().has(text.toLowerCase())) return undefined;
  return "is printed in documentation, so everybody knows it";
}

/** As {@link keyWeakness}, for text that should be random base64: phrases without spaces decode as well. */
export function phraseWeakness(text: string): string | undefined {
  return WORDS.test(text) || classChanges(text) < (text.length - 1) / 4
    ? "reads like a passphrase"
    : undefined;
}

/** Two keys with one name are the same key: HMAC pads short keys with zeros and hashes long ones. */
export function keyIdentity(bytes: Uint8Array): string {
  return createHmac("sha256", bytes).update("holdfast/1/identity").digest("base64");
}

function isPublished(bytes: Uint8Array): boolean {
  return (
    PUBLISHED_KEYS.has(Buffer.from(bytes.subarray(0, 8)).toString("hex")) ||
    publishedKeys().has(keyIdentity(bytes))
  );
}

// Random bytes are valid UTF-8 without control characters less than once in a hundred million keys.
function isText(bytes: Uint8Array): boolean {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes).replace(/\s/g, "");
    return !/\p{Cc}|\p{Cn}/u.test(text);
  } catch {
    // Not UTF-8: what a random key almost always is.
    return false;
  }
}

// Six bytes with one step between neighbours: a run (step 0) or a count up or down.
function hasProgression(bytes: Uint8Array): boolean {
  let length = 1;
  let step: number | undefined;
  for (let i = 1; i < bytes.length; i++) {
    const difference = ((bytes[i] as number) - (bytes[i - 1] as number)) & 0xff;
    length = difference === step ? length + 1 : 2;
    step = difference;
    if (length >= 6) return true;
  }
  return false;
}

function isPeriodic(bytes: Uint8Array): boolean {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let period = 1; period <= bytes.length / 2; period++) {
    if (buffer.subarray(period).equals(buffer.subarray(0, bytes.length - period))) return true;
  }
  return false;
}

// Random base64 changes between capitals, small letters and the rest at two of three neighbours.
function classChanges(text: string): number {
  const classes = text.replace(/[A-Z]/g, "A").replace(/[a-z]/g, "a").replace(/[^Aa]/g, "0");
  let changes = 0;
  for (let i = 1; i < classes.length; i++) if (classes[i] !== classes[i - 1]) changes++;
  return changes;
}

// Made at the first use: a process that only opens a good key file pays under a millisecond once.
let texts: Set<string> | undefined;
function publishedTexts(): Set<string> {
  texts ??= new Set(PUBLISHED_TEXTS.map((text) => text.toLowerCase()));
  return texts;
}

let keys: Set<string> | undefined;
function publishedKeys(): Set<string> {
  keys ??= new Set(
    PUBLISHED_TEXTS.flatMap((text) => [
      keyIdentity(createHash("sha256").update(text).digest()),
      keyIdentity(createHash("sha512").update(text).digest()),
    ]),
  );
  return keys;
}
