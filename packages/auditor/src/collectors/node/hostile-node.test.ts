/**
 * Code that is written to keep a reader busy or to bring it down: read within bounds, and reported.
 * @module
 */
import { describe, expect, it } from "vitest";
import { withFiles } from "../testing.ts";
import { collectNode } from "./collect-node.ts";
import { recogniseNode } from "./recognise-node.ts";
import { manifest } from "./testing.ts";

type Files = Readonly<Record<string, string>>;

const BASE: Files = {
  "package.json": manifest({ express: "5.1.0", "express-session": "1.18.2", config: "3.3.0" }),
  "app.js": `
    const express = require("express");
    const session = require("express-session");
    const settings = require("./settings");
    const app = express();
    app.use(session({ secret: settings.secret, name: settings.name }));
    app.post("/login", (req, res) => { settings.check(req); req.session.user = settings.who(req); });
    app.listen(3000);
  `,
};

function read(files: Files) {
  using tree = withFiles({ ...BASE, ...files });
  const [application] = recogniseNode(tree);
  if (application === undefined) throw new Error("expected an application");
  const evidence = collectNode(tree, application);
  return { evidence, unread: tree.unread.map(({ file }) => file) };
}

const chain = (length: number, line: (at: number) => string): string =>
  Array.from({ length }, (_, at) => line(at)).join("\n");

describe("hostile code", () => {
  const cases: readonly (readonly [string, Files, readonly string[]])[] = [
    [
      "brackets nested without end",
      { "settings.js": `exports.secret = ${"[\n".repeat(60_000)}${"]".repeat(60_000)};` },
      ["settings.js"],
    ],
    [
      "brackets that never close",
      { "settings.js": `exports.secret = ${"({a:".repeat(300)}` },
      ["settings.js"],
    ],
    [
      "a sum of many thousand parts",
      { "settings.js": `exports.secret = ${'"a" +\n'.repeat(30_000)}"a";` },
      ["settings.js"],
    ],
    [
      "a chain of many thousand members",
      { "settings.js": `exports.secret = x${".y\n".repeat(20_000)};` },
      ["settings.js"],
    ],
    [
      "modules that import each other",
      {
        "settings.js": 'export * from "./other.js"; export { secret } from "./other.js";',
        "other.js": 'export * from "./settings.js"; export { secret } from "./settings.js";',
      },
      [],
    ],
    [
      "an object made of itself",
      {
        "settings.js":
          "const a = { ...b }; const b = { ...a, ...b, c: a }; module.exports = { ...a, ...b, secret: a.c };",
      },
      [],
    ],
    [
      "variables that are each other",
      { "settings.js": "let a = b; let b = a; a = b + a; b = a || b; exports.secret = a;" },
      [],
    ],
    [
      "functions that call the next one twice",
      {
        "settings.js": `${chain(60, (at) => `function f${at}(x) { return f${at + 1}(x + f${at + 1}(x)); }`)}
          function f60(x) { return x; } exports.secret = f0("a"); exports.check = f0; exports.who = f0;`,
      },
      [],
    ],
    [
      "objects that spread the one before twice",
      {
        "settings.js": `const o0 = { a: "b" };
          ${chain(60, (at) => `const o${at + 1} = { l: o${at}, r: o${at}, ...o${at} };`)}
          module.exports = { ...o60, secret: o60.a };`,
      },
      [],
    ],
    [
      "an array of many thousand values",
      { "settings.js": `const list = [${"1,\n".repeat(60_000)}]; exports.secret = list[59999];` },
      [],
    ],
    [
      "JSON nested without end",
      {
        "settings.js": 'module.exports = require("./deep.json");',
        "deep.json": `${"[".repeat(100_000)}${"]".repeat(100_000)}`,
      },
      ["deep.json"],
    ],
    [
      "aliases of YAML that double",
      {
        "settings.js": 'module.exports = require("config");',
        "config/default.yaml": `a0: &a0 [x, x]\n${chain(40, (at) => `a${at + 1}: &a${at + 1} [*a${at}, *a${at}]`)}\nsecret: s3cr3t\n`,
      },
      ["config/default.yaml"],
    ],
    [
      "a handler in a handler, without end",
      {
        "settings.js": `exports.check = ${"(req) => { run(\n".repeat(900)}0${") }".repeat(900)};`,
      },
      [],
    ],
    [
      "manifest and lock that are no JSON",
      { "package-lock.json": "{", "sub/package.json": "[" },
      ["package-lock.json", "sub/package.json"],
    ],
  ];
  for (const [title, files, reported] of cases) {
    it(`is read to its end: ${title}`, () => {
      const { evidence, unread } = read(files);
      expect(evidence.sessions).toHaveLength(1);
      expect(unread).toEqual(expect.arrayContaining([...reported]));
    });
  }
});
