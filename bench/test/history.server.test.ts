/**
 * Short histories of the stores on real servers, each shared by several processes.
 * @module
 */
import { expect, it } from "vitest";
import { describeWith } from "../../test-support/needs.ts";
import { violationText } from "../src/history/report.ts";
import { runHistory } from "../src/history/run.ts";

const stores = [
  ["redis", "redis"],
  ["redis", "redis-cluster"],
  ["postgres", "postgres"],
  ["mariadb", "mariadb"],
] as const;

for (const [program, store] of stores) {
  describeWith(program, `history of ${store}`, () => {
    it("is possible", async () => {
      const result = await runHistory({ store, processes: 3, operations: 3000, seed: 13 });
      expect(result.violations.map(violationText)).toEqual([]);
      expect(result.conflicts).toBeGreaterThan(10);
      const isUnknown = ({ result: { outcome } }: (typeof result.history)[number]) =>
        outcome === "unknown";
      // A history of unknown outcomes would prove nothing.
      const unknown = result.history.filter(isUnknown).length;
      expect(unknown).toBeLessThan(result.history.length / 20);
    }, 60_000);
  });
}
