/**
 * A program that tests need is found, or its absence is an error that says what to do.
 * @module
 */
import { afterEach, describe, expect, it, vi } from "vitest";
import { findProgram, isLeftOut, parseLeftOut, programs, requireProgram } from "./programs.mjs";

describe("programs", () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  it("takes the program that the variable names", async () => {
    vi.stubEnv("HOLDFAST_TEST_CHROMIUM", process.execPath);
    expect(await requireProgram("chromium")).toBe(process.execPath);
  });

  it("refuses a variable that names no program, instead of looking elsewhere", () => {
    vi.stubEnv("HOLDFAST_TEST_CHROMIUM", import.meta.filename);
    expect(() => findProgram("chromium")).toThrow(
      /HOLDFAST_TEST_CHROMIUM names .* not an executable/,
    );
  });

  it("says what to paste where it may not install", async () => {
    vi.stubEnv("HOLDFAST_TEST_CHROMIUM", "");
    vi.stubEnv("HOLDFAST_TEST_INSTALL", "never");
    vi.stubEnv("PATH", "");
    // Debian's own folders are looked into whatever PATH says.
    const folders = programs.chromium.folders.splice(0);
    try {
      await expect(requireProgram("chromium")).rejects.toThrow(
        "apt-get update && apt-get install -y chromium",
      );
    } finally {
      programs.chromium.folders.push(...folders);
    }
  });

  it("leaves out what is named, and refuses a name that it does not know", () => {
    vi.stubEnv("HOLDFAST_TEST_WITHOUT", "chromium");
    expect(isLeftOut("chromium")).toBe(true);
    vi.stubEnv("HOLDFAST_TEST_WITHOUT", "");
    expect(isLeftOut("chromium")).toBe(false);
    expect(() => parseLeftOut("chromium,netscape")).toThrow("--without does not know netscape");
  });
});
