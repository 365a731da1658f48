/**
 * Small applications for tests, written as a map of files into a folder of their own.
 * @module
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { openTree, type Tree } from "./tree.ts";

/** A tree of these files; the folder goes when the test ends. */
export function withFiles(files: Readonly<Record<string, string>>): Tree & Disposable {
  const folder = mkdtempSync(join(tmpdir(), "holdfast-audit-"));
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  }
  const tree = openTree(folder);
  return Object.assign(tree, {
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  });
}
