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
const PUBLISHED_TEXTS: readonly string[] = [
  "",
  "0",
  "1234",
  "12345678",
  "1234567890",
  "80d42cfb-1cd2-462c-8f17-e3237d9027e9",
  "12345678901234567890123456789012",
  "a",
  "a secret with minimum length of 32 characters",
  "a-string-secret-at-least-256-bits-long",
  "abc",
  "abc123",
  "admin",
  "averylogphrasebiggerthanthirtytwochars",
  "cat",
  "changeit",
  "changeme",
  "changethis",
  "complex_password_at_least_32_characters_long",
  "cookie",
  "cookie secret",
  "cookie-secret",
  "default",
  "demo",
  "dev",
  "development",
  "example",
  "foo",
  "foobar",
  "hello",
  "hello world",
  "holdfast",
  "holdfast example key",
  "holdfast test vector 1",
  "holdfast test vector 2",
  "i like turtle",
  "im a newer secret",
  "insecure",
  "key",
  "keyboard cat",
  "keyboard-cat",
  "keyboardcat",
  "letmein",
  "master",
  "my secret",
  "my-secret",
  "my-secret-key",
  "mysecret",
  "mysecretkey",
  "passphrase",
  "password",
  "password-should-be-32-characters",
  "password_at_least_32_characters_long",
  "password-that-is-at-least-32-characters",
  "password-with-at-least-32-characters",
  "password1",
  "password123",
  "qwerty",
  "replace me",
  "replace-me",
  "s3Cur3",
  "s3cr3t",
  "s3cret",
  "s3cret1",
  "secret",
  "secret key",
  "secret-key",
  "secret123",
  "secret_key",
  "secretkey",
  "session",
  "session secret",
  "session-secret",
  "sessionsecret",
  "shhhhh",
  "shhhhhhared-secret",
  "should-be-at-least-32-characters-long",
  "some secret",
  "some secret hurr",
  "SomeRandomString",
  "super secret",
  "super-secret",
  "super-secret-key",
  "supersecret",
  "supersecretkey",
  "test",
  "test-secret",
  "testing",
  "ThisTokenIsNotSoSecretChangeIt",
  "too many secrets",
  "top secret",
  "topsecret",
  "your secret",
  "your secret here",
  "your-256-bit-secret",
  "your-secret",
  "your-secret-key",
  "your-secret-key-here",
  "your_secret_key",
  "yoursecret",
];

/* Keys of published test vectors and of framework documentation that look random. */
const PUBLISHED_KEYS: readonly string[] = [
  // NIST SP 800-38A F.1.5, the AES-256 key of all examples
  "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
  // RFC 8439 A.5
  "1c9240a5eb55d38af333888604f6b5f0473917c1402b80099dca5cbc207075c0",
  // RFC 7515 A.1, the HS256 key of the example token
  "0323354b2b0fa5bc837e0665777ba68f5ab328e6f054c928a90f84b2d2502ebfd3fb5a92d20647ef968ab4c377623d223d2e2172052e4f08c0cd9af567d080a3",
  // RFC 7520 3.5
  "849b57219dae48de646d07dbb533566e976686457c1491be3a76dcea6c427188",
  // RFC 7748 6.1
  "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ac177fba51db92c2a",
  "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb",
  // RFC 8032 7.1
  "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
  "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
  "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
  // RFC 6979 A.2.5
  "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721",
  // Flask, "Quickstart", Sessions
  "192b9bdd22ab9ed4d12e236c78afcb9a393ec15f71bbf5dc987d54727823bcbf",
  // Hardhat and Anvil, first development account
  "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80",
];

// Whole words are rare in random base64: a given one of six letters is in 43 characters once in 30 million.
const WORDS =
  /passwo|passphrase|secret|changeme|change-me|session|cookie|example|keyboard|qwerty|random|default|holdfast|company|project|production|develop|testing|characters|website|master|welcome|letmein|correct|battery|staple/i;

// Frequent trigrams of English and of secrets. Random text of 43 characters holds 0.06 of them, English about eight.
const TRIGRAMS =
  /(?=(the|and|ing|ion|ent|for|tha|nth|int|ere|tio|ter|est|ers|ati|hat|ate|all|eth|hes|ver|his|oft|ith|thi|oth|res|ont|ass|wor|ord|sec|ret|key|our|you|pas|hav|are|not|was|ear|eve|one|ome|ess|ive|ple|ain|ong))/gi;

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
  const trigrams = text.match(TRIGRAMS)?.length ?? 0;
  const words = WORDS.test(text) || trigrams >= Math.max(5, text.length / 12);
  return words || classChanges(text) < (text.length - 1) / 4
    ? "reads like a passphrase"
    : undefined;
}

/** Two keys with one name are the same key: HMAC pads short keys with zeros and hashes long ones. */
export function keyIdentity(bytes: Uint8Array): string {
  return createHmac("sha256", bytes).update("holdfast/1/identity").digest("base64");
}

function isPublished(bytes: Uint8Array): boolean {
  return publishedKeys().has(keyIdentity(bytes));
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
  keys ??= new Set([
    ...PUBLISHED_KEYS.map((hex) => keyIdentity(Buffer.from(hex, "hex"))),
    ...PUBLISHED_TEXTS.flatMap((text) => [
      keyIdentity(createHash("sha256").update(text).digest()),
      keyIdentity(createHash("sha512").update(text).digest()),
      keyIdentity(Buffer.from(text)),
    ]),
  ]);
  return keys;
}
