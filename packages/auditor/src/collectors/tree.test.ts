import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { MAX_FILE_BYTES, openTree } from "./tree.ts";

describe("a folder that is audited", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "holdfast-tree-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const write = (file: string, text: string | Uint8Array) => {
    mkdirSync(join(folder, file, ".."), { recursive: true });
    writeFileSync(join(folder, file), text);
  };

  it("lists its files in order, others' packages left out", () => {
    for (const file of [
      "b.php",
      "a/c.js",
      "node_modules/x/i.js",
      "vendor/y.php",
      ".git/config",
      "var/cache/z.php",
    ]) {
      write(file, "");
    }
    expect(openTree(folder).files).toEqual(["a/c.js", "b.php"]);
  });

  it("follows no link, neither to a file nor to a folder", () => {
    const outside = mkdtempSync(join(tmpdir(), "holdfast-outside-"));
    try {
      writeFileSync(join(outside, "secret.php"), "secret");
      symlinkSync(join(outside, "secret.php"), join(folder, "linked.php"));
      symlinkSync(outside, join(folder, "linked"));
      symlinkSync(folder, join(folder, "itself"));
      const tree = openTree(folder);
      expect(tree.files).toEqual([]);
      expect(tree.read("linked.php")).toBeUndefined();
      expect(tree.read("../secret.php")).toBeUndefined();
    } finally {
      rmSync(outside, { recursive: true, force: true });
    }
  });

  it("does not follow a link that took a file's place since", () => {
    write("a.php", "harmless");
    const tree = openTree(folder);
    rmSync(join(folder, "a.php"));
    symlinkSync("/etc/hostname", join(folder, "a.php"));
    expect(tree.read("a.php")).toBeUndefined();
    expect(tree.unread).toEqual([{ file: "a.php", why: "cannot be read (ELOOP)" }]);
  });

  it("waits for no pipe", () => {
    execFileSync("mkfifo", [join(folder, "pipe.php")]);
    expect(openTree(folder).files).toEqual([]);
  });

  it("reads no file over its bound, and says so", () => {
    write("large.js", new Uint8Array(MAX_FILE_BYTES + 1));
    write("package-lock.json", new Uint8Array(MAX_FILE_BYTES + 1));
    const tree = openTree(folder);
    expect(tree.read("large.js")).toBeUndefined();
    expect(tree.read("package-lock.json")).toHaveLength(MAX_FILE_BYTES + 1);
    expect(tree.unread).toEqual([
      { file: "large.js", why: "is larger than what is read of a file" },
    ]);
  });

  it("goes only so deep, and says where it stopped", () => {
    write(`${"d/".repeat(60)}deep.php`, "");
    write("here.php", "");
    const tree = openTree(folder);
    expect(tree.files).toEqual(["here.php"]);
    expect(tree.unread[0]?.why).toContain("deeper than 40");
  });

  it("takes bytes that are no text, names with control characters, and a byte order mark", () => {
    write("bad.php", new Uint8Array([0xff, 0xfe, 0x00, 0x80]));
    write("name\u001b[31m\n.php", "\uFEFF<?php");
    const tree = openTree(folder);
    expect(tree.read("bad.php")).toBeTypeOf("string");
    expect(tree.read("name\u001b[31m\n.php")).toBe("<?php");
  });

  it("opens some files alone, within the folder and past no link", () => {
    for (const file of ["app/package.json", "app/a/b.js", "app/a/c.js", "package.json", "x/y.js"]) {
      write(file, "");
    }
    symlinkSync(join(folder, "x"), join(folder, "app/linked"));
    const only = ["app/a/b.js", "../outside.js", "app/linked/y.js", "gone.js", "node_modules/z.js"];
    expect(openTree(folder, only).files).toEqual(["app/a/b.js"]);
  });

  it("keeps one report of each thing", () => {
    const tree = openTree(folder);
    tree.report({ file: "a", why: "is broken" });
    tree.report({ file: "a", why: "is broken" });
    expect(tree.unread).toHaveLength(1);
  });
});
