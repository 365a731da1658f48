import { describe, expect, it } from "vitest";
import type { Origin } from "../evidence.ts";
import { place } from "./testing-evidence.ts";
import { countText, listText, originText, settingText, withStop } from "./wording.ts";

describe("originText", () => {
  const cases: readonly (readonly [Origin, string])[] = [
    [{ kind: "set", place: place("a.php", 3) }, "set in a.php:3"],
    [
      { kind: "default", of: "express-session 1.18.1" },
      "default of express-session 1.18.1, since nothing sets it",
    ],
    [
      { kind: "platform", of: "PHP 8.2" },
      "default of PHP 8.2, since nothing in the repository sets it",
    ],
    [
      { kind: "environment", name: "SECURE", place: place("a.ts", 4) },
      "decided at deployment by the variable SECURE, which the repository gives no value (a.ts:4)",
    ],
    [{ kind: "unknown", why: "it is computed" }, "not known: it is computed"],
  ];
  for (const [origin, text] of cases) {
    it(`words what is ${origin.kind}`, () => expect(originText(origin)).toBe(text));
  }

  it("does not name the place of the finding itself again", () => {
    const here = place("a.php", 3, 9);
    expect(originText({ kind: "set", place: here }, { ...here, column: 1 })).toBe("written here");
  });
});

describe("settingText", () => {
  const origin = { kind: "set", place: place("a.ts", 1) } as const;

  it("says value, origin and spelling", () => {
    const setting = { value: 60, origin, written: "30 * 2" };
    expect(settingText(setting, "It", (value) => `It is ${value}`)).toBe(
      "It is 60 (set in a.ts:1, written as `30 * 2`).",
    );
  });

  it("says why a value is not known", () => {
    const setting = {
      value: undefined,
      origin: { kind: "unknown", why: "it is computed." },
    } as const;
    expect(settingText(setting, "The name", String)).toBe(
      "The name cannot be told from the repository: it is computed.",
    );
  });

  it("names what was written without effect", () => {
    const withoutEffect = { place: place("b.php", 7), why: "Phalcon reads no cookie option." };
    expect(settingText({ value: 1, origin, withoutEffect }, "It", () => "It is 1")).toBe(
      "It is 1 (set in a.ts:1). What b.php:7 sets has no effect: Phalcon reads no cookie option.",
    );
  });
});

describe("listText", () => {
  it("joins, and counts what is beyond the limit", () => {
    expect(listText([])).toBe("");
    expect(listText(["a"])).toBe("a");
    expect(listText(["a", "b", "c"])).toBe("a, b and c");
    expect(listText(["a", "b", "c", "d"], 3)).toBe("a, b and 2 more");
  });
});

describe("small words", () => {
  it("counts", () => {
    expect([countText(1, "file"), countText(0, "file"), countText(2, "child", "children")]).toEqual(
      ["1 file", "0 files", "2 children"],
    );
  });

  it("ends sentences once", () => {
    expect([withStop("a"), withStop("a. "), withStop("a?"), withStop("")]).toEqual([
      "a.",
      "a.",
      "a?",
      "",
    ]);
  });
});
