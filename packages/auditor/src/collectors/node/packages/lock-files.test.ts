import { expect, it } from "vitest";
import { withFiles } from "../../testing.ts";
import { installedFor } from "./lock-files.ts";
import { isAtLeast, wantedVersion } from "./version.ts";

const locks: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
  ["npm 1", { "package-lock.json": '{ "dependencies": { "passport": { "version": "0.5.3" } } }' }],
  [
    "npm 3",
    { "package-lock.json": '{ "packages": { "node_modules/passport": { "version": "0.5.3" } } }' },
  ],
  [
    "npm 3 with a copy of a workspace's own",
    {
      "package-lock.json":
        '{ "packages": { "node_modules/passport": { "version": "0.7.0" }, "apps/web/node_modules/passport": { "version": "0.5.3" } } }',
    },
  ],
  [
    "shrinkwrap",
    { "npm-shrinkwrap.json": '{ "dependencies": { "passport": { "version": "0.5.3" } } }' },
  ],
  [
    "Yarn 1",
    {
      "yarn.lock":
        '# yarn lockfile v1\n\n"passport@^0.5.0", passport@~0.5.1:\n  version "0.5.3"\n  resolved "x"\n',
    },
  ],
  [
    "Yarn 4",
    { "yarn.lock": '__metadata:\n  version: 8\n\n"passport@npm:^0.5.0":\n  version: 0.5.3\n' },
  ],
  [
    "pnpm 6",
    {
      "pnpm-lock.yaml":
        "lockfileVersion: '6.0'\nimporters:\n  .:\n    dependencies:\n      passport:\n        specifier: 0.7.0\n        version: 0.7.0\n  apps/web:\n    dependencies:\n      passport:\n        specifier: ^0.5.0\n        version: 0.5.3(x@1.0.0)\npackages:\n  /passport@0.7.0:\n    resolution: {}\n",
    },
  ],
  [
    "pnpm 9, for what others bring",
    {
      "pnpm-lock.yaml":
        "lockfileVersion: '9.0'\nimporters:\n  apps/web:\n    dependencies:\n      x:\n        specifier: 1.0.0\n        version: 1.0.0\npackages:\n  passport@0.5.3:\n    resolution: {}\n",
    },
  ],
  [
    "Bun",
    {
      "bun.lock": '{\n  "packages": {\n    "passport": ["passport@0.5.3", "", {}, "sha"],\n  }\n}',
    },
  ],
];
for (const [title, files] of locks) {
  it(`reads the lock file of ${title}`, () => {
    using tree = withFiles(files);
    expect(installedFor(tree, "apps/web").version("passport")).toBe("0.5.3");
  });
}

it("reports a lock file that is not JSON and goes on", () => {
  using tree = withFiles({
    "package-lock.json": "{",
    "yarn.lock": 'passport@1:\n  version "1.0.0"\n',
  });
  expect(installedFor(tree, ".").version("passport")).toBe("1.0.0");
  expect(tree.unread).toEqual([{ file: "package-lock.json", why: "is not JSON" }]);
});

it("compares versions by number", () => {
  expect(isAtLeast("0.10.0", "0.6.0")).toBe(true);
  expect(isAtLeast("0.5.3", "0.6.0")).toBe(false);
  expect(isAtLeast("1.0.0-beta.1", "1.0.0")).toBe(true);
  expect(isAtLeast(undefined, "0.6.0")).toBeUndefined();
  expect(isAtLeast("latest", "0.6.0")).toBeUndefined();
});

it("takes the number out of what a manifest asks for", () => {
  expect(wantedVersion("^1.2.3")).toBe("1.2.3");
  expect(wantedVersion(">=2")).toBe("2");
  expect(wantedVersion("npm:other@^3.1.0")).toBe("3.1.0");
  expect(wantedVersion("workspace:*")).toBeUndefined();
});
