/** What may be stored: what comes back is what JSON keeps, or an error names the key. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SessionError } from "../errors.ts";
import { type Contents, deepFreeze, readContents, storable, writeContents } from "./values.ts";

const KEY = "the-key";

function isDeeplyFrozen(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return true;
  return Object.isFrozen(value) && Object.values(value).every(isDeeplyFrozen);
}

describe("storable", () => {
  it("gives back exactly what JSON keeps, or names the key, whatever the value", () => {
    const anything = fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withSparseArray: true,
      withTypedArray: true,
      withBoxedValues: true,
      withObjectString: true,
      withNullPrototype: true,
      withUnicodeString: true,
    });
    fc.assert(
      fc.property(anything, (value) => {
        let stored: unknown;
        try {
          stored = storable(KEY, value, undefined);
        } catch (error) {
          expect(error).toBeInstanceOf(SessionError);
          expect((error as SessionError).code).toBe("HOLDFAST_DATA");
          expect((error as SessionError).message).toContain(`"${KEY}"`);
          expect((error as SessionError).details).toEqual({ key: KEY });
          return;
        }
        expect(JSON.stringify(stored)).toBe(JSON.stringify(value));
        // Nothing was lost on the way: the copy equals the original, prototypes aside.
        expect(stored).toEqual(value);
        expect(isDeeplyFrozen(stored)).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });

  it("takes every JSON value, and keeps it", () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        // By way of the text, since that has no minus zero either.
        const value: unknown = JSON.parse(JSON.stringify(JSON.parse(text)));
        expect(storable(KEY, value, undefined)).toEqual(value);
      }),
    );
  });

  class Cart {
    readonly items: readonly number[] = [];
  }
  const cyclic: { self?: unknown } = {};
  cyclic.self = cyclic;
  const named = Object.assign([1], { extra: 1 });
  const symbolic = { [Symbol("s")]: 1 };
  const refused: readonly (readonly [title: string, value: unknown])[] = [
    ["undefined", undefined],
    ["undefined in an array", [undefined]],
    ["undefined in an object", { a: undefined }],
    ["a function", () => 1],
    ["a symbol", Symbol("s")],
    ["a BigInt", 1n],
    ["NaN", Number.NaN],
    ["Infinity", { a: [Number.POSITIVE_INFINITY] }],
    ["minus zero", -0],
    ["a Date", new Date(0)],
    ["a Map", new Map()],
    ["a Set", new Set()],
    ["bytes", new Uint8Array(1)],
    ["a regular expression", /x/],
    ["an instance of a class", new Cart()],
    ["an error", new Error("x")],
    ["an array with gaps", new Array(3)],
    ["an array with a named entry", named],
    ["a property named by a symbol", symbolic],
    ["toJSON", { toJSON: () => 1 }],
    ["something that contains itself", cyclic],
    ["a boxed string", Object("x")],
  ];
  for (const [title, value] of refused) {
    it(`refuses ${title}, and names the key`, () => {
      expect(() => storable(KEY, value, undefined)).toThrow(
        expect.objectContaining({ code: "HOLDFAST_DATA", details: { key: KEY } }),
      );
    });
  }

  it("repeats nothing of the value in its message", () => {
    try {
      storable(KEY, { secret: ["canary", new Map([["canary", 1]])] }, undefined);
      throw new Error("it was stored");
    } catch (error) {
      expect((error as Error).message).not.toContain("canary");
    }
  });

  it("leaves what is allowed to a codec, if there is one", () => {
    const codec = {
      stringify: (value: unknown) => JSON.stringify({ at: (value as Date).getTime() }),
      parse: (text: string) => new Date((JSON.parse(text) as { at: number }).at),
    };
    expect(storable(KEY, new Date(5), codec)).toEqual(new Date(5));
  });
});

describe("contents", () => {
  it("come back as they were written, whatever the keys", () => {
    const key = fc.oneof(fc.string(), fc.constantFrom("__proto__", "constructor", "toJSON", ""));
    const entry = fc.record({ id: fc.string(), kind: fc.string(), value: fc.jsonValue() });
    fc.assert(
      fc.property(fc.array(fc.tuple(key, fc.jsonValue())), fc.array(entry), (pairs, flash) => {
        const contents = { values: new Map<string, unknown>(pairs), flash };
        const text = writeContents(contents);
        const read = readContents(text);
        const keysOf = ({ values }: Contents) => [...values].map(([key]) => key).sort();
        expect(keysOf(read)).toEqual(keysOf(contents));
        expect(writeContents(read)).toBe(text);
        expect(read.flash).toHaveLength(flash.length);
        expect(({} as Record<string, unknown>).polluted).toBeUndefined();
      }),
    );
  });

  it("keep a key called __proto__ a key", () => {
    const stored = storable(KEY, JSON.parse('{"__proto__":{"polluted":1}}'), undefined);
    expect(Object.keys(stored as object)).toEqual(["__proto__"]);
    expect((stored as { polluted?: unknown }).polluted).toBeUndefined();
    const contents = { values: new Map<string, unknown>([["__proto__", { a: 1 }]]), flash: [] };
    expect(readContents(writeContents(contents)).values.get("__proto__")).toEqual({ a: 1 });
  });
});

describe("deepFreeze", () => {
  it("freezes all the way down and gives the same value back", () => {
    const value = { list: [{ n: 1 }], none: null };
    expect(deepFreeze(value)).toBe(value);
    expect(isDeeplyFrozen(value)).toBe(true);
    expect(deepFreeze("text")).toBe("text");
    expect(deepFreeze(undefined)).toBeUndefined();
  });
});
