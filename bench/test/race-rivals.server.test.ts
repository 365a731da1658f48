/**
 * Rivals on real servers, in several processes: each loses the races that it is known to lose, so that a
 * clean column means something.
 * @module
 */
import { expect, it } from "vitest";
import { describeWith } from "../../test-support/needs.ts";
import { runRaces } from "../src/race/run.ts";

/** Faults of the round that a gate decides, by cell; `n/a` where the system has no such thing. */
async function heldFaults(system: string, cells: readonly string[]) {
  const { results } = await runRaces({ rounds: 1, seed: 7, processes: 2, only: [system], cells });
  return Object.fromEntries(
    results.map(({ cell, verdict, faults }) => {
      const held = Object.entries(faults).filter(([, count]) => count.held === 1);
      return [cell, verdict === "n/a" ? verdict : held.map(([fault]) => fault).join(", ")];
    }),
  );
}

const CELLS = ["writer-sign-out", "writer-revoke-all", "late-step-up", "parallel-set"];

describeWith("redis", "races of rivals on Redis, in several processes", () => {
  for (const system of ["express-session-redis", "fastify-session-redis"]) {
    it(`are lost where ${system} is known to lose them`, async () => {
      expect(await heldFaults(system, CELLS)).toEqual({
        "writer-sign-out": "RESURRECTED",
        "writer-revoke-all": "RESURRECTED",
        "late-step-up": "OVERWRITTEN, LOST",
        "parallel-set": "LOST",
      });
    }, 60_000);
  }
});

describeWith("postgres", "races of better-auth, in several processes", () => {
  it("are won where one statement decides", async () => {
    const found = await heldFaults("better-auth-postgres", [...CELLS, "sign-in-revoke-all"]);
    expect(found).toEqual({
      "writer-sign-out": "",
      "writer-revoke-all": "",
      "late-step-up": "n/a",
      "parallel-set": "",
      "sign-in-revoke-all": "LET IN",
    });
  }, 60_000);

  describeWith("redis", "with secondary storage", () => {
    it("are lost where it reads and writes", async () => {
      expect(await heldFaults("better-auth-redis", CELLS)).toMatchObject({
        "writer-sign-out": "RESURRECTED",
        "parallel-set": "LOST",
      });
    }, 60_000);
  });
});
