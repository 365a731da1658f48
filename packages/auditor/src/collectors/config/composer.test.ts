import { describe, expect, it } from "vitest";
import { withFiles } from "../testing.ts";
import { compareVersions, leastVersion, readComposer } from "./composer.ts";

describe("readComposer", () => {
  it("takes installed versions from the lock file, without v", () => {
    using tree = withFiles({
      "composer.json": JSON.stringify({ require: { php: ">=8.1", "acme/one": "^1.0" } }),
      "composer.lock": JSON.stringify({
        packages: [{ name: "acme/one", version: "v1.4.2" }],
        "packages-dev": [{ name: "acme/dev", version: "9.0.0" }],
        "platform-overrides": { php: "8.3.1" },
      }),
    });
    expect(readComposer(tree, ".")).toMatchObject({
      versions: { "acme/one": "1.4.2" },
      isLocked: true,
      php: "8.3.1",
    });
    expect(readComposer(tree, ".")?.versions).not.toHaveProperty("acme/dev");
  });

  it("takes the least that is asked for where nothing is locked", () => {
    using tree = withFiles({
      "app/composer.json": JSON.stringify({
        require: { php: "^7.4 || ^8.0", "symfony/form": "*", "acme/one": "~2.3" },
        extra: { symfony: { require: "6.4.*" } },
      }),
    });
    expect(readComposer(tree, "app")).toMatchObject({
      file: "app/composer.json",
      php: "7.4",
      versions: { "acme/one": "2.3", "symfony/form": "6.4.0" },
    });
  });

  it("reports a manifest that is no JSON", () => {
    using tree = withFiles({ "composer.json": "{ require: " });
    readComposer(tree, ".");
    expect(tree.unread).toEqual([{ file: "composer.json", why: "is no JSON that can be read" }]);
  });
});

describe("leastVersion", () => {
  for (const [constraint, least] of [
    ["^6.4 || ^7.0", "6.4"],
    ["^7.0|^5.4", "5.4"],
    [">=8.2.0 <9", "8.2.0"],
    ["5.4.*", "5.4.0"],
    ["*", undefined],
    ["dev-main", undefined],
  ] as const) {
    it(`is ${least} for ${constraint}`, () => expect(leastVersion(constraint)).toBe(least));
  }
});

describe("compareVersions", () => {
  it("compares numbers, not texts", () => {
    expect(compareVersions("7.10.0", "7.9")).toBeGreaterThan(0);
    expect(compareVersions("6.4.3", "7.0")).toBeLessThan(0);
    expect(compareVersions("7.0", "7.0.0")).toBe(0);
  });
});
