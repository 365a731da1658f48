/** A request's changes: applied once, replayed in order on whatever another request has left. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { StandardSchema } from "../options.ts";
import {
  applyChange,
  type Change,
  checkedText,
  type DataRules,
  flashChange,
  replay,
} from "./changes.ts";
import { type Contents, EMPTY, writeContents } from "./values.ts";

const rules: DataRules = { codec: undefined, schema: undefined, maxDataBytes: 100_000 };

const key = fc.constantFrom("a", "b", "c");
const ids = fc.constantFrom("f1", "f2", "f3", "f4");
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ op: fc.constant("set" as const), key, value: fc.integer() }),
  fc.record({ op: fc.constant("delete" as const), key }),
  fc.tuple(key, fc.integer({ min: 1, max: 9 })).map(
    ([name, by]): Change => ({
      op: "update",
      key: name,
      change: (value) => ((value as number | undefined) ?? 0) + by,
    }),
  ),
  fc
    .tuple(ids, fc.integer())
    .map(([id, value]): Change => ({ op: "flash", entry: { id, kind: "k", value } })),
  fc.array(ids, { maxLength: 2 }).map((taken): Change => ({ op: "take", ids: taken })),
);
const log = fc.array(change, { maxLength: 12 });

/** The same changes on a plain object and a list. */
function reference(from: Contents, changes: readonly Change[]) {
  const values: Record<string, unknown> = Object.fromEntries(from.values);
  let flash = [...from.flash];
  for (const one of changes) {
    if (one.op === "set") values[one.key] = one.value;
    if (one.op === "delete") delete values[one.key];
    if (one.op === "update") {
      const next = one.change(values[one.key]);
      if (next === undefined) delete values[one.key];
      else values[one.key] = next;
    }
    if (one.op === "flash") flash.push(one.entry);
    if (one.op === "take") flash = flash.filter(({ id }) => !one.ids.includes(id));
  }
  return { values, flash };
}

const plain = ({ values, flash }: Contents) => ({ values: Object.fromEntries(values), flash });

describe("replay", () => {
  it("does what the changes say, in their order, on any contents", () => {
    fc.assert(
      fc.property(log, log, (before, changes) => {
        const from = replay(EMPTY, before, rules);
        expect(plain(replay(from, changes, rules))).toEqual(reference(from, changes));
      }),
    );
  });

  it("is the same in one go and in two", () => {
    fc.assert(
      fc.property(log, log, (first, second) => {
        const atOnce = replay(EMPTY, [...first, ...second], rules);
        expect(plain(replay(replay(EMPTY, first, rules), second, rules))).toEqual(plain(atOnce));
      }),
    );
  });

  it("changes nothing that it was given", () => {
    fc.assert(
      fc.property(log, log, (before, changes) => {
        const from = replay(EMPTY, before, rules);
        const text = writeContents(from);
        replay(from, changes, rules);
        expect(writeContents(from)).toBe(text);
      }),
    );
  });

  it("takes exactly the messages that were shown, and taking twice changes nothing", () => {
    fc.assert(
      fc.property(log, fc.array(ids), (before, taken: string[]) => {
        const from = replay(EMPTY, before, rules);
        const once = applyChange(from, { op: "take", ids: taken }, rules);
        const twice = applyChange(once, { op: "take", ids: taken }, rules);
        expect(plain(twice)).toEqual(plain(once));
        expect(once.flash.some(({ id }) => taken.includes(id))).toBe(false);
        expect(once.flash).toHaveLength(from.flash.filter(({ id }) => !taken.includes(id)).length);
      }),
    );
  });
});

describe("applyChange", () => {
  it("gives the same contents back when there is nothing to delete", () => {
    expect(applyChange(EMPTY, { op: "delete", key: "a" }, rules)).toBe(EMPTY);
  });

  it("deletes a key that an update leaves undefined", () => {
    const from = applyChange(EMPTY, { op: "set", key: "a", value: 1 }, rules);
    const after = applyChange(from, { op: "update", key: "a", change: () => undefined }, rules);
    expect(after.values.has("a")).toBe(false);
  });

  it("refuses an update that is asynchronous, or that gives what JSON cannot keep", () => {
    for (const result of [Promise.resolve(1), new Date(0), -0]) {
      expect(() =>
        applyChange(EMPTY, { op: "update", key: "a", change: () => result }, rules),
      ).toThrow(expect.objectContaining({ code: "HOLDFAST_DATA" }));
    }
  });

  it("gives each flash message a name of its own", () => {
    const names = Array.from({ length: 500 }, () => {
      const made = flashChange("k", "same", rules);
      return made.op === "flash" ? made.entry.id : "";
    });
    expect(new Set(names).size).toBe(500);
  });
});

describe("checkedText", () => {
  const contents: Contents = { values: new Map([["canary", "canary"]]), flash: [] };

  it("lets through what is exactly as large as allowed, and not one byte more", () => {
    const bytes = Buffer.byteLength(writeContents(contents));
    expect(checkedText(contents, { ...rules, maxDataBytes: bytes })).toContain("canary");
    expect(() => checkedText(contents, { ...rules, maxDataBytes: bytes - 1 })).toThrow(
      expect.objectContaining({ code: "HOLDFAST_DATA", details: { bytes } }),
    );
  });

  const schema = (validate: StandardSchema<unknown>["~standard"]["validate"]) => ({
    ...rules,
    schema: { "~standard": { version: 1 as const, validate } },
  });

  it("names where a schema refuses, and nothing of the value", () => {
    for (const [path, named] of [
      [["cart", 0], "cart"],
      [[{ key: "cart" }], "cart"],
      [[], "(whole)"],
      [undefined, "(whole)"],
    ] as const) {
      const issues = [{ message: "canary is not allowed", path }];
      const check = () =>
        checkedText(
          contents,
          schema(() => ({ issues })),
        );
      expect(check).toThrow(expect.objectContaining({ details: { key: named } }));
      expect(check).not.toThrow(/canary/);
    }
  });

  it("refuses an asynchronous schema, and lets a satisfied one pass", () => {
    expect(() =>
      checkedText(
        contents,
        schema(async () => ({})),
      ),
    ).toThrow(/asynchronous/);
    expect(() =>
      checkedText(
        contents,
        schema(() => Promise.reject(new Error("x"))),
      ),
    ).toThrow(/asynchronous/);
    expect(
      checkedText(
        contents,
        schema(() => ({})),
      ),
    ).toBe(writeContents(contents));
  });
});
