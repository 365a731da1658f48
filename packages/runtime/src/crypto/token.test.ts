/** The token: its bytes as independent programs make them, and everything that is not one. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { deriveKeys } from "./derive.ts";
import {
  isKnownFormat,
  newSecret,
  newSeries,
  readToken,
  sameHash,
  secretHashOf,
  storeKeyOf,
  TOKEN_LENGTH,
  type Token,
  verifyToken,
  writeToken,
} from "./token.ts";

interface Vector {
  readonly master: string;
  readonly keyNumber: number;
  readonly cookieName: string;
  readonly bucket: string;
  readonly series: string;
  readonly secret: string;
  readonly token: string;
  readonly storeKey: string;
  readonly secretHash: string;
}

const file = new URL("../../test/vectors/token.json", import.meta.url);
const { vectors } = JSON.parse(readFileSync(file, "utf8")) as { vectors: readonly Vector[] };
const hex = (text: string) => Buffer.from(text, "hex");

const keys = deriveKeys(0, "current", Buffer.alloc(32, 1));
const others = deriveKeys(0, "current", Buffer.alloc(32, 2));

function read(text: string): Token {
  const token = readToken(text);
  if (token === undefined) throw new Error("not a token");
  return token;
}

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const parts = fc.record({
  bucket: bytes(2).map((two) => Buffer.from(two).toString("hex")),
  series: bytes(18).map((all) => Buffer.from(all)),
  secret: bytes(32),
  number: fc.integer({ min: 0, max: 15 }),
  name: fc.stringMatching(/^[A-Za-z_-]{1,30}$/),
});

describe("token vectors", () => {
  for (const vector of vectors) {
    const { master, keyNumber, cookieName, bucket, token } = vector;
    const own = deriveKeys(keyNumber, "current", hex(master));

    it(`reads what an independent program wrote: key ${keyNumber}, ${cookieName}`, () => {
      const found = read(token);
      expect(found).toMatchObject({ format: 1, keyNumber, bucket });
      expect(found.series.toString("hex")).toBe(vector.series);
      expect(found.secret.toString("hex")).toBe(vector.secret);
      expect(isKnownFormat(found)).toBe(true);
      expect(verifyToken(found, own, cookieName)).toBe(true);
      expect(storeKeyOf(found)).toBe(vector.storeKey);
      expect(secretHashOf(found.secret).toString("hex")).toBe(vector.secretHash);
    });

    it(`writes what an independent program wrote: key ${keyNumber}, ${cookieName}`, () => {
      const series = { bucket, series: hex(vector.series) };
      expect(writeToken(series, hex(vector.secret), own, cookieName)).toBe(token);
    });
  }
});

describe("readToken", () => {
  it("never throws, and reads only what it would write again", () => {
    const texts = fc.oneof(
      fc.string({ unit: "binary", maxLength: 200 }),
      fc.stringMatching(/^[A-Za-z0-9_-]{92}$/),
      fc.stringMatching(/^[A-Za-z0-9+/=_-]{90,94}$/),
      fc
        .array(fc.constantFrom("A", "_", "=", "\u00c5", "\ud800", "\0", " "), {
          minLength: TOKEN_LENGTH,
          maxLength: TOKEN_LENGTH,
        })
        .map((all) => all.join("")),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const token = readToken(text);
        if (token !== undefined) expect(token.bytes.toString("base64url")).toBe(text);
      }),
    );
  });

  it("gives back every part that was written", () => {
    fc.assert(
      fc.property(parts, ({ bucket, series, secret, number, name }) => {
        const own = deriveKeys(number, "current", Buffer.alloc(32, 3));
        const text = writeToken({ bucket, series }, secret, own, name);
        expect(text).toMatch(/^[A-Za-z0-9_-]{92}$/);
        const token = read(text);
        expect(token).toMatchObject({ format: 1, keyNumber: number, bucket });
        expect(token.series.equals(series)).toBe(true);
        expect(token.secret.equals(Buffer.from(secret))).toBe(true);
        expect(verifyToken(token, own, name)).toBe(true);
      }),
    );
  });

  it("refuses other lengths, other alphabets and padding", () => {
    const text = writeToken(newSeries(), newSecret(), keys, "n");
    for (const other of [
      "",
      text.slice(1),
      `${text}A`,
      `${text.slice(0, -1)}=`,
      `${text.slice(0, -1)}+`,
      `${text.slice(0, -1)}/`,
      `${text.slice(0, -1)}\n`,
      ` ${text.slice(1)}`,
      `${text}\n`,
    ]) {
      expect(readToken(other), JSON.stringify(other)).toBeUndefined();
    }
  });
});

describe("verifyToken", () => {
  it("fails for every single bit that is flipped", () => {
    const whole = read(writeToken(newSeries(), newSecret(), keys, "__Host-sid")).bytes;
    for (let bit = 0; bit < whole.length * 8; bit++) {
      const flipped = Buffer.from(whole);
      flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
      const token = read(flipped.toString("base64url"));
      expect(verifyToken(token, keys, "__Host-sid"), `bit ${bit}`).toBe(false);
    }
  });

  it("fails under other keys and for other names", () => {
    fc.assert(
      fc.property(parts, fc.string(), ({ bucket, series, secret, name }, other) => {
        const token = read(writeToken({ bucket, series }, secret, keys, name));
        expect(verifyToken(token, others, name)).toBe(false);
        if (other !== name) expect(verifyToken(token, keys, other)).toBe(false);
      }),
    );
  });

  it("knows one format", () => {
    const token = read(writeToken(newSeries(), newSecret(), keys, "n"));
    for (let format = 0; format < 16; format++) {
      const changed = Buffer.from(token.bytes);
      changed[0] = (format << 4) | 5;
      const found = read(changed.toString("base64url"));
      expect(found).toMatchObject({ format, keyNumber: 5 });
      expect(isKnownFormat(found)).toBe(format === 1);
    }
  });
});

describe("sameHash", () => {
  it("compares content, and never throws for another length", () => {
    const hash = secretHashOf(newSecret());
    expect(sameHash(hash, Uint8Array.from(hash))).toBe(true);
    expect(sameHash(hash, secretHashOf(newSecret()))).toBe(false);
    expect(sameHash(hash, hash.subarray(1))).toBe(false);
    expect(sameHash(hash, new Uint8Array(0))).toBe(false);
  });
});

describe("newSeries", () => {
  it("keeps the bucket it is given and draws one otherwise", () => {
    expect(newSeries("00ab").bucket).toBe("00ab");
    const drawn = new Set(Array.from({ length: 200 }, () => newSeries().bucket));
    expect([...drawn].every((bucket) => /^[0-9a-f]{4}$/.test(bucket))).toBe(true);
    expect(drawn.size).toBeGreaterThan(150);
  });
});
