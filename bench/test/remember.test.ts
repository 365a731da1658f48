/**
 * The simulation of remembered browsers at a small size: no false alarm, no false sign-out, and every stolen
 * cookie found out where it can be.
 */
import { describe, expect, it } from "vitest";
import { faultsOf, rememberReport } from "../src/remember/report.ts";
import { runRemember } from "../src/remember/run.ts";

describe("remembered browsers over twelve days", () => {
  it("raise no false alarm, and find out every secret that is past its window", async () => {
    const result = await runRemember({ users: 300, thefts: 60, seed: 1 });
    expect(faultsOf(result)).toEqual([]);
    // Something happened that could have gone wrong.
    const { honest, robbed } = result;
    for (const count of [honest.lost, honest.stepUps, honest.passwordChanges, honest.restarts]) {
      expect(count).toBeGreaterThan(50);
    }
    expect(honest.resumed).toBeGreaterThan(2000);
    const foundOut = robbed.thefts.filter(({ outcome }) => outcome === "found-out");
    expect(new Set(foundOut.map(({ by }) => by))).toEqual(new Set(["thief", "owner"]));
    expect(foundOut.length).toBeGreaterThan(20);
    expect(rememberReport(result, "plain")).toContain("used wholly inside windows");
  }, 60_000);
});
