/**
 * Reading the key file, on a real file system.
 * @module
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { accessFault, readKeyFile } from "./key-file-disk.ts";

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "holdfast-keys-"));
  path = join(folder, "holdfast.keys");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("reading a key file", () => {
  it("says how to make one where there is none", () => {
    expect(() => readKeyFile(path)).toThrow(`npx holdfast keys generate ${path}`);
  });

  it("refuses a folder", () => {
    mkdirSync(path);
    expect(() => readKeyFile(path)).toThrow(`"${path}" is not a key file`);
  });

  it("refuses a file that is far too large", () => {
    writeFileSync(path, "x".repeat(70_000));
    expect(() => readKeyFile(path)).toThrow(`"${path}" is not a key file`);
  });

  it("refuses a path through a file", () => {
    writeFileSync(path, "x");
    expect(() => readKeyFile(join(path, "more"))).toThrow("cannot be read (ENOTDIR)");
  });
});

describe("access to a key file", () => {
  const mine = 1000;
  const cases: readonly (readonly [number, number, RegExp | undefined])[] = [
    [0o600, mine, undefined],
    [0o400, mine, undefined],
    [0o700, mine, undefined],
    [0o600, 0, undefined],
    [0o640, mine, /mode 640.*chmod 600 k\.keys/],
    [0o620, mine, /mode 620/],
    [0o604, mine, /mode 604/],
    [0o602, 0, /mode 602/],
    [0o600, 1001, /uid 1001.*chown 1000 k\.keys/],
  ];
  for (const [mode, uid, fault] of cases) {
    const verdict = fault === undefined ? "is fine" : "is refused";
    it(`of mode ${mode.toString(8)} and owner ${uid} ${verdict}`, () => {
      const found = accessFault("k.keys", { mode: 0o100000 | mode, uid }, mine);
      if (fault === undefined) expect(found).toBeUndefined();
      else expect(found).toMatch(fault);
    });
  }

  it("is not judged where the system keeps no owners", () => {
    const geteuid = vi.spyOn(process, "geteuid").mockReturnValue(undefined as never);
    const found = accessFault("k.keys", { mode: 0o100666, uid: 0 });
    geteuid.mockRestore();
    expect(found).toBeUndefined();
  });
});
