/**
 * Readers: what each takes, what it says otherwise, and that no value is ever quoted.
 * @module
 */
import { describe, expect, it } from "vitest";
import {
  listFaults,
  listOf,
  matching,
  members,
  numberFrom,
  oneOf,
  optional,
  type Reader,
} from "./readers.ts";

function read(reader: Reader<unknown>, value: unknown, name = "x"): unknown {
  const faults: string[] = [];
  const taken = reader(value, name, faults);
  return faults.length > 0 ? faults.join("\n") : taken;
}

const pair = members<{ n: number; list?: readonly string[] }>({
  n: numberFrom(1, 9),
  list: optional(listOf(oneOf(["a", "b"]))),
});

describe("a reader", () => {
  for (const value of [1, 9]) {
    it(`takes the whole number ${value}`, () => expect(read(numberFrom(1, 9), value)).toBe(value));
  }

  for (const value of [0, 10, 1.5, Number.NaN, "5", null, undefined, 5n, [5]]) {
    it(`refuses ${String(value)} of type ${typeof value} for a whole number`, () =>
      expect(read(numberFrom(1, 9), value)).toBe('"x" must be a whole number from 1 to 9'));
  }

  it("takes fractions where the least is one", () => {
    expect(read(numberFrom(0.5, 9), 0.75)).toBe(0.75);
    for (const value of [0.25, "1", Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(read(numberFrom(0.5, 9), value)).toBe('"x" must be a number from 0.5 to 9');
    }
  });

  it("matches strings alone", () => {
    expect(read(matching(/^nul/, "short"), "nul")).toBe("nul");
    expect(read(matching(/^nul/, "short"), null)).toBe('"x" must be short');
  });

  it("names the member and the place in the list", () => {
    expect(read(pair, { n: 1, list: ["a", "c"] })).toBe('"x.list[1]" must be one of a, b');
    expect(read(pair, { n: 1, list: "ab" })).toBe('"x.list" must be a list');
  });

  it("gives a list that cannot change any more", () => {
    const list = ["a"];
    const taken = read(listOf(oneOf(["a", "b"])), list);
    list.push("b");
    expect(taken).toEqual(["a"]);
    expect(Object.isFrozen(taken)).toBe(true);
  });

  it("gives the members that are there", () => {
    expect(read(pair, { n: 1, list: undefined })).toStrictEqual({ n: 1 });
  });

  it("names no parent at the top", () => {
    expect(read(pair, { n: 0 }, "")).toMatch(/^"n" must/);
  });

  it("gives what is right beside what is wrong", () => {
    const faults: string[] = [];
    expect(pair({ n: 0, list: ["b"] }, "x", faults)).toStrictEqual({ list: ["b"] });
    expect(faults).toHaveLength(1);
  });

  for (const value of [null, undefined, [], "text", 1]) {
    it(`refuses ${JSON.stringify(value)} for an object`, () =>
      expect(read(pair, value)).toBe('"x" must be an object'));
  }

  it("refuses members that it does not know, inherited names among them", () => {
    const json = '{"n":1,"__proto__":{},"toString":1}';
    const faults = read(pair, JSON.parse(json));
    expect(faults).toBe(
      '"x.__proto__" is unknown; known are n, list\n"x.toString" is unknown; known are n, list',
    );
  });

  it("does not show a name that is long enough to be a key", () => {
    const name = "k".repeat(32);
    expect(read(pair, { n: 1, [name]: 1 })).toBe('"x.…" is unknown; known are n, list');
  });
});

describe("a list of faults", () => {
  it("is the fault if there is one", () => expect(listFaults(["one"])).toBe("one"));

  it("counts them", () =>
    expect(listFaults(["one", "two"])).toBe("There are 2 faults:\n- one\n- two"));
});
