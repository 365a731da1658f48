import { describe, expect, it } from "vitest";
import { readIni } from "./ini-file.ts";

describe("readIni", () => {
  it("gives each value its section and place", () => {
    const text = '; c = 1\na = 1\r\n[s]\n  b = "x;y" ; note\n# d = 2\nc=off;\n';
    const entries = readIni("f.ini", text);
    expect(entries.map(({ section, key, value }) => [section, key, value])).toEqual([
      ["", "a", "1"],
      ["s", "b", "x;y"],
      ["s", "c", "off"],
    ]);
    for (const { place, value } of entries) {
      expect(text.slice(place.span?.start, place.span?.end)).toBe(value);
    }
    expect(entries[1]?.place).toMatchObject({ line: 4, column: 8 });
  });
});
