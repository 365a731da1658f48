/** Waiting for a busy file, on time that the test moves. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { isBusy, whenFree } from "./sqlite-busy.ts";

const busy = () => Object.assign(new Error("database is locked"), { code: "SQLITE_BUSY" });

describe("whenFree", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("answers at once where the file is free", () => {
    expect(whenFree(() => 5)).toBe(5);
  });

  it("tries again until the file is free", async () => {
    const step = vi.fn(() => 5);
    for (let i = 0; i < 4; i += 1)
      step.mockImplementationOnce(() => {
        throw busy();
      });
    const answer = whenFree(step);
    await vi.runAllTimersAsync();
    expect(await answer).toBe(5);
    expect(step).toHaveBeenCalledTimes(5);
  });

  it("gives up after about two seconds, with the client's own error", async () => {
    const step = vi.fn(() => {
      throw busy();
    });
    const startedAt = performance.now();
    const answer = Promise.resolve(whenFree(step)).catch((error: unknown) => error);
    await vi.runAllTimersAsync();
    expect(await answer).toMatchObject({ code: "SQLITE_BUSY" });
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(2000);
    expect(performance.now() - startedAt).toBeLessThan(2200);
    expect(step.mock.calls.length).toBeGreaterThan(20);
  });

  it("passes every other error on, at once or later", async () => {
    expect(() =>
      whenFree(() => {
        throw new TypeError("x");
      }),
    ).toThrow(TypeError);
    const step = vi.fn(() => {
      throw new TypeError("x");
    });
    step.mockImplementationOnce(() => {
      throw busy();
    });
    const answer = Promise.resolve(whenFree(step)).catch((error: unknown) => error);
    await vi.runAllTimersAsync();
    expect(await answer).toBeInstanceOf(TypeError);
  });
});

describe("isBusy", () => {
  const cases: readonly (readonly [string, object, boolean])[] = [
    ["better-sqlite3 and libsql", { code: "SQLITE_BUSY" }, true],
    ["an extended code by name", { code: "SQLITE_BUSY_SNAPSHOT" }, true],
    ["node:sqlite", { code: "ERR_SQLITE_ERROR", errcode: 5 }, true],
    ["an extended code by number", { code: "ERR_SQLITE_ERROR", errcode: 517 }, true],
    ["another error of node:sqlite", { code: "ERR_SQLITE_ERROR", errcode: 11 }, false],
    ["another error of better-sqlite3", { code: "SQLITE_CORRUPT" }, false],
    ["an error without a code", {}, false],
  ];
  for (const [name, fields, expected] of cases) {
    it(`judges ${name}`, () => {
      expect(isBusy(Object.assign(new Error("x"), fields))).toBe(expected);
    });
  }

  it("takes nothing but an Error for one", () => {
    expect(isBusy({ code: "SQLITE_BUSY" })).toBe(false);
  });
});
