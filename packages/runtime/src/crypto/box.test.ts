/** Boxes: their bytes as independent programs make them, and every way in which one must not open. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type BoxContext, type BoxPurpose, boxKeyNumber, openBox, sealBox } from "./box.ts";
import { deriveKeys } from "./derive.ts";
import type { Keyring } from "./keyring.ts";

interface Vector {
  readonly purpose: BoxPurpose;
  readonly master: string;
  readonly keyNumber: number;
  readonly owner: { readonly text?: string; readonly hex?: string };
  readonly context: BoxContext;
  readonly plaintext: string;
  readonly box: string;
}

const file = new URL("../../test/vectors/box.json", import.meta.url);
const { vectors } = JSON.parse(readFileSync(file, "utf8")) as { vectors: readonly Vector[] };
const hex = (text: string) => Buffer.from(text, "hex");

/** A ring as the engine sees one; `createKeyring` would rightly refuse keys that stand in a repository. */
function ringOf(
  master: Uint8Array,
  number: number,
  state: "next" | "current" | "old" | "revoked" = "current",
): Keyring {
  const held = state === "revoked" ? state : deriveKeys(number, state, master);
  return {
    current: held === "revoked" ? deriveKeys(number, "current", filler) : held,
    find: (wanted) => (wanted === number ? held : undefined),
    indexKeys: [],
    longestSessionSeconds: 3600,
    reload: async () => false,
    close: () => {},
  };
}

const filler = Buffer.alloc(32, 9);
const master = Buffer.alloc(32, 7);
const keys = deriveKeys(3, "current", master);
const ring = ringOf(master, 3);

const context: BoxContext = {
  storeKey: "ab".repeat(34),
  handle: "handle-of-the-record",
  subjectKey: "cd".repeat(32),
  createdAt: 1_700_000_000_000,
  absoluteExpiresAt: 1_700_043_200_000,
};
const purposes: readonly BoxPurpose[] = ["data", "meta", "successor"];

describe("box vectors", () => {
  for (const vector of vectors) {
    const { purpose, keyNumber, owner, plaintext } = vector;
    const from = owner.text ?? hex(owner.hex ?? "");
    const bytes = hex(vector.master);
    const own = ringOf(bytes, keyNumber);

    it(`opens what an independent program sealed: ${purpose}, key ${keyNumber}`, () => {
      const opened = openBox(purpose, own, from, vector.context, hex(vector.box));
      expect(Buffer.isBuffer(opened) && opened.toString("hex")).toBe(plaintext);
      expect(boxKeyNumber(hex(vector.box))).toBe(keyNumber);
    });

    it(`seals in the same layout: ${purpose}, key ${keyNumber}`, () => {
      const sealed = sealBox(purpose, own.current, from, vector.context, hex(plaintext));
      expect(sealed[0]).toBe(hex(vector.box)[0]);
      expect(sealed).toHaveLength(hex(vector.box).length);
      const opened = openBox(purpose, own, from, vector.context, sealed);
      expect(Buffer.isBuffer(opened) && opened.toString("hex")).toBe(plaintext);
    });
  }
});

describe("boxes", () => {
  const anyContext = fc.record({
    storeKey: fc.string(),
    handle: fc.string(),
    subjectKey: fc.option(fc.string({ minLength: 1 })),
    createdAt: fc.integer(),
    absoluteExpiresAt: fc.integer(),
  });

  it("open to what was sealed, for every purpose, owner and content", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...purposes),
        fc.oneof(fc.string(), fc.uint8Array()),
        anyContext,
        fc.oneof(fc.string({ unit: "grapheme" }), fc.uint8Array()),
        (purpose, owner, bound, plaintext) => {
          const box = sealBox(purpose, keys, owner, bound, plaintext);
          const opened = openBox(purpose, ring, owner, bound, box);
          expect(opened).toEqual(Buffer.from(plaintext as Uint8Array));
        },
      ),
    );
  });

  it("draw a new nonce for every seal", () => {
    const seen = new Set<string>();
    for (let n = 0; n < 2000; n++) {
      seen.add(sealBox("data", keys, "o", context, "same").toString("hex", 1, 13));
    }
    expect(seen.size).toBe(2000);
  });

  it("open with no bit flipped, and say why not", () => {
    for (const purpose of purposes) {
      const box = sealBox(purpose, keys, "owner", context, "text");
      for (let bit = 0; bit < box.length * 8; bit++) {
        const flipped = Buffer.from(box);
        flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
        const opened = openBox(purpose, ring, "owner", context, flipped);
        // The first byte names format and key: another one is not held.
        expect(opened, `bit ${bit}`).toBe(bit < 8 ? "key-missing" : "tampered");
      }
    }
  });

  it("do not open cut short, with something added, or empty", () => {
    const box = sealBox("data", keys, "owner", context, "text");
    for (let length = 0; length < box.length; length++) {
      expect(openBox("data", ring, "owner", context, box.subarray(0, length))).toBe("tampered");
    }
    expect(openBox("data", ring, "owner", context, Buffer.concat([box, box]))).toBe("tampered");
    expect(boxKeyNumber(new Uint8Array(0))).toBe(0);
  });

  it("do not open in another context, for another owner or another purpose", () => {
    const box = sealBox("meta", keys, "owner", context, "text");
    const changes: readonly Partial<BoxContext>[] = [
      { storeKey: "ab".repeat(33) },
      { handle: "handle-of-another000" },
      { subjectKey: null },
      { subjectKey: "ce".repeat(32) },
      { createdAt: context.createdAt + 1 },
      { absoluteExpiresAt: context.absoluteExpiresAt + 1 },
    ];
    for (const change of changes) {
      const opened = openBox("meta", ring, "owner", { ...context, ...change }, box);
      expect(opened, Object.keys(change).join()).toBe("tampered");
    }
    expect(openBox("meta", ring, "owner2", context, box)).toBe("tampered");
    expect(openBox("data", ring, "owner", context, box)).toBe("tampered");
    expect(openBox("successor", ring, "owner", context, box)).toBe("tampered");
    expect(openBox("meta", ringOf(filler, 3), "owner", context, box)).toBe("tampered");
  });

  it("cannot be moved by running two fields of the context together", () => {
    const one = { ...context, storeKey: "a", handle: "b\nc" };
    const two = { ...context, storeKey: "a\nb", handle: "c" };
    const box = sealBox("data", keys, "owner", one, "text");
    expect(openBox("data", ring, "owner", one, box)).toEqual(Buffer.from("text"));
    // Newlines are in neither field as the engine makes them; the store key is checked by its own hash.
    const moved = openBox("data", ring, "owner", { ...two, subjectKey: "x" }, box);
    expect(moved).toBe("tampered");
  });

  it("say when their key is missing, revoked, next or old", () => {
    const box = sealBox("data", keys, "owner", context, "text");
    expect(openBox("data", ringOf(master, 4), "owner", context, box)).toBe("key-missing");
    expect(openBox("data", ringOf(master, 3, "revoked"), "owner", context, box)).toBe(
      "key-revoked",
    );
    for (const state of ["next", "old"] as const) {
      expect(openBox("data", ringOf(master, 3, state), "owner", context, box)).toEqual(
        Buffer.from("text"),
      );
    }
    const newer = Buffer.from(box);
    newer[0] = 0x23;
    expect(openBox("data", ring, "owner", context, newer)).toBe("key-missing");
  });

  it("never throw, whatever the bytes", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...purposes),
        fc.uint8Array({ maxLength: 80 }),
        (purpose, bytes) => {
          const opened = openBox(purpose, ring, "owner", context, bytes);
          expect(opened === "tampered" || opened === "key-missing").toBe(true);
        },
      ),
    );
  });
});
