import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { withFiles } from "./collectors/testing.ts";
import { openTree } from "./collectors/tree.ts";
import { evidence } from "./controls/testing.ts";
import { digestsOf, recall, remember } from "./evidence-cache.ts";

describe("what is remembered of a folder", () => {
  let cache: string;
  beforeEach(() => {
    cache = mkdtempSync(join(tmpdir(), "holdfast-cache-"));
  });
  afterEach(() => rmSync(cache, { recursive: true, force: true }));

  const files = { "a.js": "one", "b.js": "two" };
  const collected = { evidence: [evidence()], unread: [{ file: "c.js", why: "is broken" }] };

  it("is recalled while no file that was read has changed", () => {
    using tree = withFiles(files);
    tree.read("a.js");
    remember(cache, tree, "1.0.0", { ...collected, read: digestsOf(tree) });
    expect(recall(cache, openTree(tree.folder), "1.0.0")).toEqual(collected);
    // It was not read, so nothing depends on it.
    writeFileSync(join(tree.folder, "b.js"), "changed");
    expect(recall(cache, openTree(tree.folder), "1.0.0")).toEqual(collected);
  });

  it("is not recalled for a changed file, another list of files or another release", () => {
    using tree = withFiles(files);
    tree.read("a.js");
    remember(cache, tree, "1.0.0", { ...collected, read: digestsOf(tree) });
    expect(recall(cache, openTree(tree.folder), "1.0.1")).toBeUndefined();
    writeFileSync(join(tree.folder, "c.js"), "new");
    expect(recall(cache, openTree(tree.folder), "1.0.0")).toBeUndefined();
    rmSync(join(tree.folder, "c.js"));
    writeFileSync(join(tree.folder, "a.js"), "changed");
    expect(recall(cache, openTree(tree.folder), "1.0.0")).toBeUndefined();
  });

  it("is collected anew if it is damaged, and needs no folder that can be written", () => {
    using tree = withFiles(files);
    remember(cache, tree, "1.0.0", { ...collected, read: digestsOf(tree) });
    const [entry = ""] = readdirSync(cache);
    writeFileSync(join(cache, entry), "{");
    expect(recall(cache, openTree(tree.folder), "1.0.0")).toBeUndefined();
    expect(() =>
      remember(join(cache, entry), tree, "1.0.0", { ...collected, read: {} }),
    ).not.toThrow();
  });
});
