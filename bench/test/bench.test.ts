/**
 * The benchmark at a small size: it measures what it says, and counts store operations rightly. What
 * things cost is for the full size to say.
 * @module
 */
import { describe, expect, it } from "vitest";
import { measure } from "../src/bench/measure.ts";
import { benchReport, targetsOf } from "../src/bench/report.ts";
import { systems } from "../src/bench/systems/index.ts";
import { loadSystem } from "../src/bench/systems/load.ts";
import { median } from "../src/support/median.ts";

describe("a system, loaded by itself", () => {
  for (const system of systems) {
    it(`is the one that is listed: ${system.id}`, async () => {
      expect(await loadSystem(system.id)).toBe(system);
    });
  }

  it("is named if there is none", async () => {
    await expect(loadSystem("none")).rejects.toThrow("There is no system none");
  });
});

describe("benchmark, in server processes", () => {
  it("counts one store operation for an unchanged session, and none where none is needed", async () => {
    const only = ["holdfast", "holdfast-sqlite", "express-session", "jose"];
    const result = await measure({ rounds: 1, milliseconds: 5, fileSessions: 20, only });
    const operations = (system: string) =>
      Object.fromEntries(
        result.measurements
          .filter((each) => each.system === system)
          .map((each) => [each.case, each.operations]),
      );
    const ours = { none: 0, unchanged: 1, changed: 2, "sign-in": 1, forged: 0 };
    expect(operations("holdfast")).toEqual(ours);
    expect(operations("holdfast-sqlite")).toEqual(ours);
    expect(operations("express-session")).toEqual({
      none: 0,
      unchanged: 2,
      changed: 2,
      "sign-in": 3,
      forged: 0,
    });
    expect(result.measurements.every(({ requests }) => requests > 0)).toBe(true);
    expect(targetsOf(result)).toHaveLength(2);
    expect(benchReport(result, "markdown")).toContain(
      "| Holdfast on node:http, SQLite | unchanged |",
    );
  }, 120_000);
});

describe("median", () => {
  it("is the middle value, or the mean of the two in the middle", () => {
    expect(median([5, 1, 3])).toBe(3);
    expect(median([4, 1, 3, 2])).toBe(2.5);
  });
});
