/**
 * The key file's format: round trips, and every way to be wrong.
 * @module
 */
import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SessionError } from "../errors.ts";
import { type FileKey, formatKeyFile, type KeyFile, parseKeyFile, ringFaults } from "./key-file.ts";

const NAME = "test.keys";
const at = { createdAt: 1000, stateSince: 2000 };
const good = (): KeyFile => ({
  longestSessionSeconds: 3600,
  keys: [
    { number: 0, state: "old", ...at, demotedAt: 2000, bytes: randomBytes(32) },
    { number: 1, state: "current", ...at, bytes: randomBytes(32) },
    { number: 2, state: "next", ...at, bytes: randomBytes(48) },
    { number: 3, state: "revoked", ...at, demotedAt: 1500 },
  ],
  index: [
    { state: "current", ...at, bytes: randomBytes(32) },
    { state: "old", ...at, bytes: randomBytes(32) },
  ],
});

type Json = Record<string, unknown>;
const goodJson = (): Json & { keys: Json[]; index: Json[] } => JSON.parse(formatKeyFile(good()));

function faultsOf(text: string): readonly string[] {
  try {
    parseKeyFile(text, NAME);
  } catch (error) {
    expect(error).toBeInstanceOf(SessionError);
    expect((error as SessionError).code).toBe("HOLDFAST_KEYRING");
    return (error as SessionError).details.faults as readonly string[];
  }
  return [];
}

describe("a key file", () => {
  const demoted = (state: string): object => (state === "old" ? { demotedAt: 5 } : {});
  const files = fc
    .record({
      numbers: fc.uniqueArray(fc.integer({ min: 0, max: 15 }), { minLength: 1, maxLength: 16 }),
      states: fc.array(fc.constantFrom("old", "revoked"), { minLength: 16, maxLength: 16 }),
      longestSessionSeconds: fc.integer({ min: 1, max: 34_560_000 }),
      createdAt: fc.nat(),
      length: fc.integer({ min: 32, max: 80 }),
      compact: fc.boolean(),
    })
    .map(({ numbers, states, longestSessionSeconds, createdAt, length, compact }) => {
      const keys = numbers.map((number, i) => {
        const state = i === 0 ? "current" : i === 1 ? "next" : states[i];
        const key = { number, state, createdAt, stateSince: createdAt, ...demoted(String(state)) };
        return (state === "revoked" ? key : { ...key, bytes: randomBytes(length) }) as FileKey;
      });
      return { file: { ...good(), longestSessionSeconds, keys }, compact };
    });

  it("comes back from its text as it was", () => {
    fc.assert(
      fc.property(files, ({ file, compact }) => {
        const text = formatKeyFile(file, compact);
        expect(parseKeyFile(text, NAME)).toEqual({ format: 1, ...file });
        expect(text.split("\n").length === 2).toBe(compact);
      }),
    );
  });

  it("throws nothing but SessionError, whatever the text is", () => {
    const damaged = fc
      .tuple(fc.nat(), fc.nat({ max: 40 }), fc.string())
      .map(([start, length, put]) => {
        const text = formatKeyFile(good());
        const from = start % text.length;
        return text.slice(0, from) + put + text.slice(from + length);
      });
    const shaped = fc.record({
      format: fc.constantFrom<unknown>(1, 2, "1", null),
      longestSessionSeconds: fc.anything(),
      keys: fc.oneof(fc.anything(), fc.array(fc.object())),
      index: fc.oneof(fc.anything(), fc.array(fc.object())),
    });
    // Members such as toString, and symbols, are not JSON: what cannot be serialised is left out.
    const toText = (value: unknown): string => {
      try {
        return JSON.stringify(value) ?? "";
      } catch {
        return "";
      }
    };
    const texts = fc.oneof(fc.string(), fc.json(), damaged, shaped.map(toText));
    fc.assert(
      fc.property(texts, (text) => {
        faultsOf(text);
      }),
      { numRuns: 500 },
    );
  });

  it("is never quoted by an error, wherever it is damaged", () => {
    const secret = randomBytes(32).toString("base64");
    const json = goodJson();
    const damaged = [
      `{"format":1,"${secret}`,
      JSON.stringify({ ...json, [secret]: 1 }),
      JSON.stringify({ ...json, keys: [{ [secret]: 1 }], format: 1 }),
      JSON.stringify({ ...json, keys: [{ number: secret, state: secret, bytes: `${secret}!` }] }),
      JSON.stringify({ ...json, keys: secret, longestSessionSeconds: secret }),
      JSON.stringify({ ...json, format: secret }),
      JSON.stringify({ ...json, keys: [json.keys[0], { ...json.keys[0], bytes: secret }] }),
    ];
    for (const text of damaged) {
      const faults = faultsOf(text);
      expect(faults.length, text).toBeGreaterThan(0);
      expect(faults.join()).not.toContain(secret.slice(0, 12));
    }
  });

  it("of a newer format is refused, and says so", () => {
    const [fault] = faultsOf(JSON.stringify({ ...goodJson(), format: 2 }));
    expect(fault).toBe(
      "test.keys: format 2 was written by a newer holdfast; upgrade holdfast here",
    );
  });

  for (const text of ["", "null", "[]", "7", '"text"', "{}", '{"format":"1"}']) {
    it(`is not made of ${text || "nothing"}`, () => {
      expect(faultsOf(text)).toHaveLength(1);
    });
  }

  it("is refused with all its faults at once", () => {
    const json = goodJson();
    json.extra = 1;
    json.longestSessionSeconds = 0;
    json.keys[0] = { ...json.keys[0], number: 16, state: "gone", createdAt: -1, bytes: "AA" };
    json.keys[1] = 5 as unknown as Json;
    json.index[0] = { ...json.index[0], bytes: undefined };
    const faults = faultsOf(JSON.stringify(json)).join("\n");
    for (const part of [
      '"extra"',
      '"longestSessionSeconds"',
      "keys[0].number",
      "keys[0].state",
      "keys[0].createdAt",
      "keys[0].bytes",
      '"keys[1]" must be an object',
      "index[0].bytes",
    ]) {
      expect(faults).toContain(part);
    }
  });

  it("needs the instant of demotion of an old key", () => {
    const json = goodJson();
    delete json.keys[0]?.demotedAt;
    expect(faultsOf(JSON.stringify(json))).toEqual([
      "test.keys: key 0 is old, so it needs demotedAt",
    ]);
  });
});

describe("a ring is refused", () => {
  const { keys, index } = good();
  const [old, current, next, revoked] = keys as [FileKey, FileKey, FileKey, FileKey];
  const cases: readonly (readonly [string, Parameters<typeof ringFaults>, RegExp])[] = [
    ["without a current key", [[old], index], /one key must be current, and 0 are/],
    ["with two current keys", [[current, { ...old, state: "current" }], index], /and 2 are/],
    [
      "with two next keys",
      [[...keys, { ...next, number: 9, bytes: randomBytes(32) }], index],
      /at most one key may be next/,
    ],
    ["without an index key", [keys, []], /one index key must be current, and 0 are/],
    [
      "with two old index keys",
      [keys, [...index, { state: "old", bytes: randomBytes(32) }]],
      /at most one index key/,
    ],
    [
      "with a number twice",
      [[...keys, { ...old, bytes: randomBytes(32) }], index],
      /number 0 is there more than once/,
    ],
    ["with a key twice", [[...keys, { ...old, number: 9 }], index], /key 9 is the same as key 0/],
    [
      "with a key as its index key",
      [keys, [{ state: "current", bytes: current.bytes as Uint8Array }]],
      /current index key is the same as key 1/,
    ],
    [
      "with bytes of a revoked key",
      [[current, { ...revoked, bytes: randomBytes(32) }], index],
      /key 3 is revoked/,
    ],
    [
      "with a key without bytes",
      [[current, { ...old, bytes: undefined }], index],
      /key 0 is old, so it needs bytes/,
    ],
    [
      "with a short key",
      [[current, { ...old, bytes: randomBytes(16) }], index],
      /key 0 is 16 bytes long/,
    ],
    [
      "with a long index key",
      [keys, [{ state: "current", bytes: randomBytes(48) }]],
      /48 bytes long, and must be 32/,
    ],
  ];
  for (const [title, ring, reason] of cases) {
    it(title, () => expect(ringFaults(...ring).join("\n")).toMatch(reason));
  }

  it("not if nothing is wrong", () => expect(ringFaults(keys, index)).toEqual([]));
});
