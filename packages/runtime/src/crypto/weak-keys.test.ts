/**
 * Weak keys are refused, and random ones never.
 * @module
 */
import { createHash, randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { keyIdentity, keyWeakness, phraseWeakness } from "./weak-keys.ts";

const hash = (text: string, algorithm = "sha256"): Buffer =>
  createHash(algorithm).update(text).digest();
const repeated = (hex: string, times: number): Buffer => Buffer.from(hex.repeat(times), "hex");
// Looks random to every check but the one under test.
const RANDOM = hash(`no one uses this ${"x".repeat(9)}`);

const weak: readonly (readonly [string, Uint8Array, RegExp])[] = [
  ["an empty key", new Uint8Array(0), /0 bytes/],
  ["31 bytes", RANDOM.subarray(1), /31 bytes long, and at least 32/],
  ["zeros", Buffer.alloc(32), /pattern/],
  ["one byte repeated", Buffer.alloc(32, 0x5a), /pattern/],
  ["00 to 1f", Buffer.from(Array.from({ length: 32 }, (_, i) => i)), /pattern/],
  ["a count down", Buffer.from(Array.from({ length: 32 }, (_, i) => 200 - i)), /pattern/],
  ["steps of seven", Buffer.from(Array.from({ length: 32 }, (_, i) => (i * 7) % 256)), /pattern/],
  ["deadbeef", repeated("deadbeef", 8), /pattern/],
  [
    "sixteen random bytes twice",
    Buffer.concat([RANDOM.subarray(16), RANDOM.subarray(16)]),
    /pattern/,
  ],
  [
    "a random key padded with zeros",
    Buffer.concat([RANDOM.subarray(8), Buffer.alloc(8)]),
    /pattern/,
  ],
  ["few distinct bytes", Buffer.from(RANDOM.map((byte) => byte & 7)), /pattern/],
  ["a phrase", Buffer.from("correct horse battery staple and more"), /text/],
  ["a phrase that is not English", Buffer.from("Пароль для наших сеансов здесь"), /text/],
  ["text of two lines", Buffer.from("first line of a text\nand a second\n"), /text/],
  ["a hex string as bytes", Buffer.from(RANDOM.toString("hex")), /text/],
  ["SHA-256 of keyboard cat", hash("keyboard cat"), /documentation/],
  ["SHA-512 of secret", hash("secret", "sha512"), /documentation/],
  [
    "the HS256 key of RFC 7515",
    Buffer.from(
      "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow",
      "base64url",
    ),
    /documentation/,
  ],
  [
    "the HMAC key of RFC 7520",
    Buffer.from("hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG-Onbc6mxCcYg", "base64url"),
    /documentation/,
  ],
  [
    "the AES-256 key of SP 800-38A",
    repeated("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4", 1),
    /documentation/,
  ],
  [
    "the key in the quickstart of Flask",
    repeated("192b9bdd22ab9ed4d12e236c78afcb9a393ec15f71bbf5dc987d54727823bcbf", 1),
    /documentation/,
  ],
  ["a test vector of this project", hash("holdfast test vector 1"), /documentation/],
  ["the example key of this project", hash("holdfast example key"), /documentation/],
];

describe("a key is refused", () => {
  for (const [title, bytes, reason] of weak) {
    it(`if it is ${title}`, () => expect(keyWeakness(bytes)).toMatch(reason));
  }
});

describe("a key string is refused", () => {
  for (const text of [
    "thequickbrownfoxjumpsoverthelazydogandrunsaway",
    "MySuperSecretPassword1234567890abcdefghijklmn",
    "ThisIsAVeryLongStringForTheOtherServersOnly12",
    "xkqzvwjpfmxkqzvwjpfmbtrghxkqzvwjpfmxkqzvwjpfm",
  ]) {
    it(`if it reads like a phrase: ${text}`, () =>
      expect(phraseWeakness(text)).toMatch(/passphrase/));
  }
});

describe("a random key", () => {
  it("is taken, in every length and spelling", () => {
    fc.assert(
      fc.property(fc.integer({ min: 32, max: 96 }), (length) => {
        const bytes = randomBytes(length);
        expect(keyWeakness(bytes)).toBeUndefined();
        expect(phraseWeakness(bytes.toString("base64"))).toBeUndefined();
        expect(phraseWeakness(bytes.toString("base64url"))).toBeUndefined();
      }),
      { numRuns: 2000 },
    );
  });

  it("is the same key with zeros behind it, which HMAC does not tell apart", () => {
    const key = randomBytes(32);
    expect(keyIdentity(Buffer.concat([key, Buffer.alloc(5)]))).toBe(keyIdentity(key));
    expect(keyIdentity(randomBytes(32))).not.toBe(keyIdentity(key));
  });
});
