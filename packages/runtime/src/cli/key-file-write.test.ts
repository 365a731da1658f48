/**
 * Replacing and locking the key file, on a real file system.
 * @module
 */
import {
  chmodSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readKeyFile } from "../crypto/key-file-disk.ts";
import { shellQuote, withKeyFileLock, writeKeyFile } from "./key-file-write.ts";

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "holdfast-keys-"));
  path = join(folder, "holdfast.keys");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("writing a key file", () => {
  it("makes it readable by its owner alone, whatever the umask", () => {
    const before = process.umask(0);
    try {
      writeKeyFile(path, "text");
    } finally {
      process.umask(before);
    }
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it("leaves nothing else in the folder", () => {
    writeKeyFile(path, "one");
    writeKeyFile(path, "two", { replaces: readKeyFile(path) });
    expect(readdirSync(folder)).toEqual(["holdfast.keys"]);
    expect(readFileSync(path, "utf8")).toBe("two");
  });

  it("does not overwrite a file that must be new, and cleans up", () => {
    writeFileSync(path, "precious");
    expect(() => writeKeyFile(path, "text")).toThrow(expect.objectContaining({ code: "EEXIST" }));
    expect(readFileSync(path, "utf8")).toBe("precious");
    expect(readdirSync(folder)).toEqual(["holdfast.keys"]);
  });

  it("does not write through a dangling link", () => {
    symlinkSync(join(folder, "elsewhere"), path);
    expect(() => writeKeyFile(path, "text")).toThrow(expect.objectContaining({ code: "EEXIST" }));
    expect(readdirSync(folder)).toEqual(["holdfast.keys"]);
  });

  it("replaces the file behind a link, and keeps the link", () => {
    const real = join(folder, "real.keys");
    writeKeyFile(real, "one");
    symlinkSync(real, path);
    writeKeyFile(path, "two", { replaces: readKeyFile(path) });
    expect(lstatSync(path).isSymbolicLink()).toBe(true);
    expect(readFileSync(real, "utf8")).toBe("two");
  });

  it("leaves the file with the user it belonged to, or fails without touching it", () => {
    writeKeyFile(path, "one");
    const disk = readKeyFile(path);
    const stats = Object.assign(Object.create(disk.stats), {
      uid: disk.stats.uid + 4000,
      gid: 4000,
    });
    const write = (): void => writeKeyFile(path, "two", { replaces: { ...disk, stats } });
    // Only root can give files away; both ways, nobody loses the file.
    if (process.geteuid?.() === 0) {
      write();
      expect(statSync(path).uid).toBe(stats.uid);
    } else {
      expect(write).toThrow("EPERM");
      expect(readFileSync(path, "utf8")).toBe("one");
    }
    expect(readdirSync(folder)).toEqual(["holdfast.keys"]);
  });

  it("replaces a loose mode by a strict one", () => {
    writeFileSync(path, "one");
    chmodSync(path, 0o644);
    writeKeyFile(path, "two", { replaces: readKeyFile(path) });
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });
});

describe("a path in a command", () => {
  it("quotes a path so that the command can be pasted", () => {
    expect(shellQuote("/etc/app/h.keys")).toBe("/etc/app/h.keys");
    expect(shellQuote("my keys; rm 'x'")).toBe(`'my keys; rm '\\''x'\\'''`);
  });
});

describe("the lock", () => {
  it("refuses a second change while one runs, and says how to remove a stale one", async () => {
    await withKeyFileLock(path, () =>
      expect(withKeyFileLock(path, () => 0)).rejects.toThrow(`rm ${path}.lock`),
    );
    expect(await withKeyFileLock(path, () => 7)).toBe(7);
  });

  it("is held until the change is done, and released when it fails", async () => {
    const change = async () => {
      await new Promise(setImmediate);
      expect(readdirSync(folder)).toEqual(["holdfast.keys.lock"]);
      throw new Error("no");
    };
    await expect(withKeyFileLock(path, change)).rejects.toThrow("no");
    expect(readdirSync(folder)).toEqual([]);
  });

  it("is one for all names of a file", async () => {
    writeKeyFile(path, "text");
    const other = join(folder, "link.keys");
    symlinkSync(path, other);
    await withKeyFileLock(path, () =>
      expect(withKeyFileLock(other, () => 0)).rejects.toThrow("Another command"),
    );
  });
});
