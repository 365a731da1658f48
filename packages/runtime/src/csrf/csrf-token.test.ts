import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createKeyring } from "../crypto/create-keyring.ts";
import type { DerivedKeys, Keyring, RingKey } from "../crypto/keyring.ts";
import { csrfMac, type FormHolder, readFormToken, writeFormToken } from "./csrf-token.ts";

const NAME = "__Host-sid";
const bytesOf = (name: number) => createHash("sha256").update(`test key ${name}`).digest();

function ring(...keys: readonly (readonly [number: number, state: RingKey["state"]])[]): Keyring {
  return createKeyring({
    keys: keys.map(([number, state]) => ({
      number,
      state,
      bytes: state === "revoked" ? undefined : bytesOf(number + 1),
    })),
    indexKeys: [{ state: "current", bytes: bytesOf(100) }],
  });
}

const keyring = ring([3, "current"]);
const holder: FormHolder = { kind: "signed-in", name: "a-handle" };
const write = (given: FormHolder = holder) => writeFormToken(given, keyring.current, NAME);

/** What is under the mask. */
function unmasked(text: string): Buffer {
  const bytes = Buffer.from(text, "base64url");
  const half = bytes.length / 2;
  return Buffer.from(bytes.subarray(half).map((byte, at) => byte ^ (bytes[at] as number)));
}

/** The same bytes under a mask of zeros. */
function masked(bytes: Uint8Array): string {
  return Buffer.concat([Buffer.alloc(bytes.length), bytes]).toString("base64url");
}

const anyHolder: fc.Arbitrary<FormHolder> = fc.record(
  {
    kind: fc.constantFrom("visitor", "anonymous", "signed-in"),
    name: fc.string({ minLength: 1 }),
    device: fc.string({ minLength: 1 }),
  },
  { requiredKeys: ["kind", "name"] },
);

describe("the anti-forgery token", () => {
  it("says for whom it was made, and for nobody else", () => {
    fc.assert(
      fc.property(anyHolder, fc.string({ minLength: 1 }), (given, other) => {
        const token = readFormToken(write(given), keyring, NAME);
        expect(token?.kind).toBe(given.kind);
        expect(token?.isFor(given.name)).toBe(true);
        expect(token?.isFor(other)).toBe(other === given.name);
        expect(token?.isOfDevice(other)).toBe(other === given.device);
        if (given.device !== undefined) expect(token?.isOfDevice(given.device)).toBe(true);
      }),
    );
  });

  it("differs each time, in every byte", () => {
    const texts = Array.from({ length: 500 }, () => write());
    expect(new Set(texts).size).toBe(500);
    for (let at = 0; at < 96; at++) {
      const values = new Set(texts.map((text) => Buffer.from(text, "base64url")[at]));
      expect(values.size, `byte ${at}`).toBeGreaterThan(100);
    }
    // Only the mask differs.
    expect(new Set(texts.map((text) => unmasked(text).toString("hex"))).size).toBe(1);
  });

  it("is refused, without an error, for any other text", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.base64String(), fc.string({ unit: "binary" })),
        (text) => {
          expect(readFormToken(text, keyring, NAME)).toBeUndefined();
        },
      ),
    );
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 96, maxLength: 96 }), (bytes) => {
        const text = Buffer.from(bytes).toString("base64url");
        expect(readFormToken(text, keyring, NAME)).toBeUndefined();
      }),
    );
  });

  it("is refused with any one bit changed", () => {
    const good = Buffer.from(write(), "base64url");
    for (let bit = 0; bit < good.length * 8; bit++) {
      const bad = Buffer.from(good);
      bad[bit >> 3] = (bad[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(readFormToken(bad.toString("base64url"), keyring, NAME), `bit ${bit}`).toBeUndefined();
    }
  });

  it("has one spelling", () => {
    const good = write({ ...holder });
    const standard = Buffer.from(good, "base64url").toString("base64");
    const others = [
      `${good}=`,
      ` ${good}`,
      `${good}\n`,
      good.slice(0, -1),
      `${good}A`,
      `${good.slice(0, -1)}=`,
    ];
    for (const text of [...others, ...(standard === good ? [] : [standard])]) {
      expect(readFormToken(text, keyring, NAME)).toBeUndefined();
    }
    expect(readFormToken(good, keyring, NAME)).toBeDefined();
  });

  it("is refused under another key, another cookie's name and another purpose", () => {
    const good = write();
    const otherKey = createKeyring({
      keys: [{ number: 3, state: "current", bytes: bytesOf(50) }],
      indexKeys: [{ state: "current", bytes: bytesOf(100) }],
    });
    expect(readFormToken(good, otherKey, NAME)).toBeUndefined();
    expect(readFormToken(good, keyring, "__Host-other")).toBeUndefined();
    expect(readFormToken(good, keyring, "__Host-si")).toBeUndefined();

    const bytes = unmasked(good);
    expect(readFormToken(masked(bytes), keyring, NAME)).toBeDefined();
    bytes.set(csrfMac("visitor", bytes.subarray(0, 32), keyring.current, NAME), 32);
    expect(readFormToken(masked(bytes), keyring, NAME)).toBeUndefined();
  });

  it("is good under an old key and the next one, not under one that is gone or revoked", () => {
    const good = write();
    const expected: readonly (readonly [Keyring, boolean])[] = [
      [ring([3, "old"], [4, "current"]), true],
      [ring([2, "current"], [3, "next"]), true],
      [ring([4, "current"]), false],
      [ring([3, "revoked"], [4, "current"]), false],
    ];
    for (const [keys, isGood] of expected) {
      expect(readFormToken(good, keys, NAME) !== undefined).toBe(isGood);
    }
  });

  it("is refused in a format, and of a holder, that this release does not know", () => {
    const resealed = (change: (bytes: Buffer) => void): string => {
      const bytes = unmasked(write());
      change(bytes);
      const keys: DerivedKeys = keyring.current;
      bytes.set(csrfMac("form", bytes.subarray(0, 32), keys, NAME), 32);
      return masked(bytes);
    };
    expect(
      readFormToken(
        resealed(() => {}),
        keyring,
        NAME,
      ),
    ).toBeDefined();
    expect(
      readFormToken(
        resealed((bytes) => (bytes[0] = 0x23)),
        keyring,
        NAME,
      ),
    ).toBeUndefined();
    expect(
      readFormToken(
        resealed((bytes) => (bytes[1] = 3)),
        keyring,
        NAME,
      ),
    ).toBeUndefined();
  });

  it("keeps its layout", () => {
    // Key 3; signed in; SHA-256 of "a-handle" and "a-device", 15 bytes each; MAC.
    const bytes = unmasked(write({ kind: "signed-in", name: "a-handle", device: "a-device" }));
    expect(bytes.toString("hex")).toBe(
      "13022c9540bbad8684159e83a6de758d33de84e66f056ea0cdbb7ede80b540afc87920b1277b200300bc0ed6ecfbcdad",
    );
  });
});
