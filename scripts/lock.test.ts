/**
 * The lock holds work apart, and does not outlive the process that took it.
 * @module
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { withLock } from "./lock.mjs";

describe("withLock", () => {
  let folder = "";
  let file = "";

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "holdfast-lock-"));
    file = join(folder, "not-yet-there", "setup.lock");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const nobody = () => {
    throw new Error("waited for somebody");
  };

  it("runs one work after the other, and says whom the second waits for", async () => {
    const log: string[] = [];
    let finish = () => {};
    const first = withLock(file, nobody, async () => {
      log.push("first starts");
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
      log.push("first ends");
    });
    const second = withLock(
      file,
      (pid) => {
        log.push(`second waits for ${pid}`);
        finish();
      },
      () => log.push("second runs"),
    );
    await Promise.all([first, second]);
    const waits = `second waits for ${process.pid}`;
    expect(log).toEqual(["first starts", waits, "first ends", "second runs"]);
  });

  it("takes over from a process that has ended", async () => {
    await withLock(file, nobody, () => {});
    writeFileSync(file, String(spawnSync(process.execPath, ["-e", ""]).pid));
    expect(await withLock(file, nobody, () => "mine")).toBe("mine");
  });

  it("is given back when the work fails", async () => {
    const broken = withLock(file, nobody, () => Promise.reject(new Error("broken")));
    await expect(broken).rejects.toThrow("broken");
    expect(existsSync(file)).toBe(false);
  });
});
