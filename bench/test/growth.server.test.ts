/** The growth measurement at a small size: it fills what it says, and reads it. */
import { expect, it } from "vitest";
import { describeWith } from "../../test-support/needs.ts";
import { type GrowthStore, measureGrowth } from "../src/growth/growth.ts";

for (const [program, commands] of [
  ["redis", ["GET"]],
  ["postgres", ["execute"]],
] as const satisfies readonly (readonly [GrowthStore, readonly string[]])[]) {
  describeWith(program, `growth on ${program}`, () => {
    it("asks one command of an unchanged request, whatever the number of sessions", async () => {
      const { sizes } = await measureGrowth({
        store: program,
        sizes: [100, 3000],
        ofOne: [1, 50],
        rounds: 1,
      });
      expect(sizes.map(({ count }) => count)).toEqual([100, 3000]);
      for (const size of sizes) {
        expect(size.commands).toEqual(commands);
        expect(size.rounds).toHaveLength(1);
        expect(size.everywhere.map(({ sessions }) => sessions)).toEqual([1, 50]);
      }
      expect(sizes[1]?.bytesPerSession).toBeGreaterThan(400);
    }, 90_000);
  });
}
