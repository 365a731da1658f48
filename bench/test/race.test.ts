/**
 * The race harness at a small size: Holdfast loses no race, and a rival that is known to lose some does,
 * so that a clean column means something. Starts a server process for each system and mode.
 * @module
 */
import { describe, expect, it } from "vitest";
import { ourFailures, runRaces } from "../src/race/run.ts";

describe("races, in server processes", () => {
  it("are all won by Holdfast, with the memory store and with SQLite", async () => {
    const only = ["holdfast-memory", "holdfast-sqlite"];
    const result = await runRaces({ rounds: 2, seed: 7, only });
    expect(ourFailures(result).map(({ system, cell }) => `${system} fails ${cell}`)).toEqual([]);
    expect(result.results.filter(({ verdict }) => verdict === "ok")).toHaveLength(2 * 27);
    const increments = result.results.filter(({ cell }) => cell === "parallel-increment");
    expect(increments.flatMap(({ kept }) => kept)).toEqual(Array.from({ length: 8 }, () => 50));
  }, 120_000);

  it("are all won by Holdfast with SQLite shared by several processes", async () => {
    const only = ["holdfast-sqlite"];
    const result = await runRaces({ rounds: 1, seed: 7, processes: 3, only });
    expect(ourFailures(result).map(({ cell }) => cell)).toEqual([]);
    expect(result.results.filter(({ verdict }) => verdict === "ok")).toHaveLength(27);
  }, 60_000);

  it("are lost where express-session is known to lose them", async () => {
    const only = ["express-session", "express-session-defaults"];
    const { results } = await runRaces({ rounds: 1, seed: 7, only });
    const heldFaults = (system: string, cell: string) =>
      Object.entries(
        results.find((each) => each.system === system && each.cell === cell)?.faults ?? {},
      )
        .filter(([, { held }]) => held === 1)
        .map(([fault]) => fault);

    // @see https://github.com/expressjs/session/issues/632
    expect(heldFaults("express-session", "writer-sign-out")).toEqual(["RESURRECTED"]);
    expect(heldFaults("express-session-defaults", "reader-sign-out")).toEqual(["RESURRECTED"]);
    expect(heldFaults("express-session", "writer-revoke-all")).toEqual(["RESURRECTED"]);
    expect(heldFaults("express-session", "writer-expiry")).toEqual(["RESURRECTED"]);
    expect(heldFaults("express-session", "writer-step-up")).toEqual(["LOST", "LET IN"]);
    expect(heldFaults("express-session", "late-sign-in")).toEqual(["OVERWRITTEN"]);
    expect(heldFaults("express-session", "reader-periodic")).toEqual(["TAB SIGNED OUT"]);
    expect(heldFaults("express-session", "sign-in-revoke-all")).toEqual(["LET IN"]);
    // @see https://github.com/expressjs/session/issues/361
    expect(heldFaults("express-session", "parallel-set")).toEqual(["LOST"]);
    // And it wins where its documentation says so: `resave: false` saves nothing that was only read.
    expect(heldFaults("express-session", "reader-sign-out")).toEqual([]);
  }, 120_000);
});
