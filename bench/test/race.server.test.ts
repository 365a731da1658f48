/**
 * The race harness on real servers at a small size, in several processes: Holdfast loses no race.
 * @module
 */
import { expect, it } from "vitest";
import { describeWith } from "../../test-support/needs.ts";
import { ourFailures, runRaces } from "../src/race/run.ts";

const stores = [
  ["redis", "redis"],
  ["redis", "redis-cluster"],
  ["postgres", "postgres"],
  ["mariadb", "mariadb"],
] as const;

for (const [program, store] of stores) {
  describeWith(program, `races on ${store}, in several processes`, () => {
    it("are all won by Holdfast", async () => {
      const only = [`holdfast-${store}`];
      const result = await runRaces({ rounds: 1, seed: 7, processes: 3, only });
      expect(ourFailures(result).map(({ cell }) => cell)).toEqual([]);
      expect(result.results.filter(({ verdict }) => verdict === "ok")).toHaveLength(27);
      const increments = result.results.filter(({ cell }) => cell === "parallel-increment");
      expect(increments.flatMap(({ kept }) => kept)).toEqual([50, 50]);
    }, 60_000);
  });
}
