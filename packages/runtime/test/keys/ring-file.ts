/**
 * Key files for tests: good random keys, in given states.
 * @module
 */
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { newKeyFile } from "../../src/cli/key-changes.ts";
import type { FileKey, KeyFile } from "../../src/crypto/key-file.ts";

export function ringFile(
  keys: readonly (readonly [number: number, state: FileKey["state"]])[] = [[0, "current"]],
): KeyFile {
  return {
    ...newKeyFile(7200, 1),
    keys: keys.map(([number, state]) => ({
      number,
      state,
      createdAt: 1,
      stateSince: 1,
      ...(state === "old" && { demotedAt: 1 }),
      ...(state !== "revoked" && { bytes: randomBytes(32) }),
    })),
  };
}

/** Folders that are gone after the tests of the file. */
export function testFolders(): () => string {
  const folders: string[] = [];
  afterAll(() => {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });
  return () => {
    const folder = mkdtempSync(join(tmpdir(), "holdfast-keys-"));
    folders.push(folder);
    return folder;
  };
}
