import { expect, it } from "vitest";
import { withFiles } from "../testing.ts";
import { recogniseNode } from "./recognise-node.ts";
import { manifest } from "./testing.ts";

const SERVER = `const express = require("express"); const app = express(); app.listen(1);`;

function roots(files: Readonly<Record<string, string>>): readonly string[] {
  using tree = withFiles(files);
  return recogniseNode(tree).map(({ root }) => root);
}

it("finds an application with a framework and no session", () => {
  expect(roots({ "package.json": manifest({ express: "5.0.0" }), "a.js": SERVER })).toEqual(["."]);
});

it("finds none where nothing serves", () => {
  expect(
    roots({ "package.json": manifest({ express: "5.0.0" }), "a.js": "exports.x = 1" }),
  ).toEqual([]);
  expect(roots({ "package.json": manifest({ lodash: "4.0.0" }), "a.js": "app.listen(1)" })).toEqual(
    [],
  );
});

it("finds the workspaces of a repository, and not the root that holds them", () => {
  const files = {
    "package.json": JSON.stringify({
      workspaces: ["apps/*"],
      devDependencies: { express: "5.0.0" },
    }),
    "apps/api/package.json": manifest({ express: "5.0.0" }),
    "apps/api/a.js": SERVER,
    "apps/web/package.json": manifest({ next: "15.0.0" }),
    "apps/web/app/page.tsx": "export default function Page() { return null }",
    "apps/api/test/package.json": manifest({ express: "5.0.0" }),
    "apps/api/test/a.js": SERVER,
  };
  expect(roots(files)).toEqual(["apps/api", "apps/web"]);
});

it("gives each file to the innermost application", () => {
  using tree = withFiles({
    "package.json": manifest({ express: "5.0.0" }),
    "a.js": SERVER,
    "admin/package.json": manifest({ express: "4.0.0" }),
    "admin/a.js": SERVER,
    "client/package.json": manifest({ react: "19.0.0" }),
    "client/a.js": "render()",
  });
  const [outer, inner] = recogniseNode(tree);
  expect(outer?.files).toEqual(["a.js", "client/a.js", "client/package.json", "package.json"]);
  expect(inner?.files).toEqual(["admin/a.js", "admin/package.json"]);
});

it("prefers the installed version to the one asked for", () => {
  using tree = withFiles({
    "package.json": manifest({ express: "^4.0.0", passport: "^0.5.0" }),
    "package-lock.json": '{ "packages": { "node_modules/express": { "version": "4.21.2" } } }',
    "a.js": SERVER,
  });
  expect(recogniseNode(tree)[0]?.versions).toEqual({ express: "4.21.2", passport: "0.5.0" });
});

it("reports a manifest that is not JSON", () => {
  using tree = withFiles({ "package.json": "{,", "a.js": SERVER });
  expect(recogniseNode(tree)).toEqual([]);
  expect(tree.unread).toEqual([{ file: "package.json", why: "is not JSON" }]);
});
