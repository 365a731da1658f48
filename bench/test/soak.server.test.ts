/** One minute of the long load: what takes half an hour shows most of its faults in the first minute. */
import { expect, it } from "vitest";
import { describeWith } from "../../test-support/needs.ts";
import { soak } from "../src/soak/soak.ts";

describeWith("redis", "a mixed load on four processes", () => {
  it("holds no more in the end than soon after the beginning, and fails nothing", async () => {
    const result = await soak({ store: "redis", processes: 4, seconds: 60, seed: 1 });
    expect(result.faults).toEqual([]);
    expect(result.requests).toBeGreaterThan(1000);
    expect(result.processes).toHaveLength(4);
  }, 150_000);
});
