import { describe, expect, it } from "vitest";
import { globMatcher } from "./glob.ts";

describe("globMatcher", () => {
  for (const [pattern, path, isMatch] of [
    ["config/*.yaml", "config/a.yaml", true],
    ["config/*.yaml", "config/sub/a.yaml", false],
    ["config/**/*.yaml", "config/sub/deep/a.yaml", true],
    ["config/**/*.yaml", "config/a.yaml", true],
    ["config/{packages}/*.{php,yaml}", "config/packages/a.php", true],
    ["config/{packages}/*.{php,yaml}", "config/packages/a.xml", false],
    ["config/?.yaml", "config/a.yaml", true],
    ["config/?.yaml", "config/ab.yaml", false],
    ["config/a+b.yaml", "config/a+b.yaml", true],
    ["config/*", "config/", true],
  ] as const) {
    it(`${isMatch ? "takes" : "leaves"} ${path} for ${pattern}`, () => {
      expect(globMatcher(pattern)(path)).toBe(isMatch);
    });
  }

  it("is done at once with patterns that are there to keep it busy", () => {
    expect(globMatcher(`${"*a".repeat(2_000)}b`)("a".repeat(5_000))).toBe(false);
    expect(globMatcher("{a,b}".repeat(40))("a".repeat(40))).toBe(false);
  });
});
