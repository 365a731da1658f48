import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { withFiles } from "../testing.ts";
import { parseEnv, readProductionEnv } from "./env-file.ts";

function lastValue(text: string, name: string): string | undefined {
  return parseEnv(text, ".env").findLast((variable) => variable.name === name)?.value;
}

describe("parseEnv", () => {
  it("reads values with and without quotes, comments and export", () => {
    const text = 'A=plain # why\nB=\'single $A\'\nexport C="double \\"q\\""\nD=a#b\nE=\n# F=1\n';
    expect(["A", "B", "C", "D", "E", "F"].map((name) => lastValue(text, name))).toEqual([
      "plain",
      "single $A",
      'double "q"',
      "a#b",
      "",
      undefined,
    ]);
  });

  it("puts earlier variables and defaults in", () => {
    expect(lastValue('A=x\nB="\u0024{A}-$A-\u0024{NONE:-d}"\n', "B")).toBe("x-x-d");
  });

  it("reads values of several lines, and no assignment within them", () => {
    const text = 'KEY="first\nA=no\nlast"\nB=yes\n';
    expect(lastValue(text, "A")).toBeUndefined();
    expect(lastValue(text, "B")).toBe("yes");
  });

  it("bounds what variables within variables grow to", () => {
    const text = `A=x\n${'A="$A$A"\n'.repeat(64)}`;
    expect(lastValue(text, "A")?.length).toBe(65_536);
    expect(lastValue(`${text}B="${"$A".repeat(30_000)}"\n`, "B")?.length).toBe(65_536);
  });

  it("says where the name stands and which text the value is", () => {
    const text = "# comment\nAPP_SECRET='abc'\n";
    const [variable] = parseEnv(text, "app/.env");
    expect(variable?.place).toMatchObject({ file: "app/.env", line: 2, column: 1 });
    expect(text.slice(variable?.place.span?.start, variable?.place.span?.end)).toBe("abc");
  });

  it("throws for no text, and gives only names that are there", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."AB=\"'\\\n\r #{}:-$") }), (text) => {
        for (const { name } of parseEnv(text, ".env")) expect(text).toContain(`${name}=`);
      }),
    );
  });
});

describe("readProductionEnv", () => {
  it("lets the file of the environment win, and reads no template", () => {
    using tree = withFiles({
      ".env": "A=base\nB=base\n",
      ".env.prod": "B=prod\n",
      ".env.dist": "C=dist\n",
      ".env.example": "C=example\n",
      ".env.dev": "A=dev\n",
    });
    const env = readProductionEnv(tree, ".");
    expect(env.get("A")?.value).toBe("base");
    expect(env.get("B")).toMatchObject({ value: "prod", place: { file: ".env.prod" } });
    expect(env.has("C")).toBe(false);
  });
});
