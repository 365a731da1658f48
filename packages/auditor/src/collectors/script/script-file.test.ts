import { expect, it } from "vitest";
import { withFiles } from "../testing.ts";
import { isScript, parseScript, placeOf, textOf } from "./script-file.ts";

it("keeps what is sound around an error, and reports the error", () => {
  using tree = withFiles({ "a.js": "const a = 1;\nconst = ;\nconst b = 2;\n" });
  expect(parseScript(tree, "a.js")?.text).toContain("const b");
  expect(tree.unread).toEqual([
    { file: "a.js", why: "does not parse at line 2; the rest was read" },
  ]);
});

it("reports a file that is nested without end instead of failing", () => {
  using tree = withFiles({ "a.js": "[\n".repeat(100_000) });
  const source = parseScript(tree, "a.js");
  expect(tree.unread.map(({ file }) => file)).toEqual(["a.js"]);
  expect(source === undefined || source.fileName === "a.js").toBe(true);
});

it("passes over what a program wrote", () => {
  using tree = withFiles({ "a.js": `var a=[${"1,".repeat(30_000)}];` });
  expect(parseScript(tree, "a.js")).toBeUndefined();
});

it("counts lines and columns from one", () => {
  using tree = withFiles({ "a.ts": "\n  const a = 1;\n" });
  const statement = parseScript(tree, "a.ts")?.statements[0];
  expect(statement && placeOf(statement)).toEqual({ file: "a.ts", line: 2, column: 3 });
  expect(statement && textOf(statement, 8)).toBe("const a…");
});

it("shows no constant that may be a secret", () => {
  using tree = withFiles({
    "a.js": "check(password === 'correct horse');\nname('correct horse');",
  });
  const texts = parseScript(tree, "a.js")?.statements.map((one) => textOf(one));
  expect(texts).toEqual(["check(password === 'co…');", "name('correct horse');"]);
});

for (const [file, expected] of [
  ["a.mts", true],
  ["a.jsx", true],
  ["a.d.ts", false],
  ["a.min.js", false],
  ["a.json", false],
] as const) {
  it(`takes ${file} ${expected ? "for" : "for no"} script of a person`, () => {
    expect(isScript(file)).toBe(expected);
  });
}
