/**
 * The simulation of a day of guessing, at a small size: the budgets hold, and the owners get in.
 * @module
 */
import { describe, expect, it } from "vitest";
import { throttleFaults, throttleReport } from "../src/throttle/report.ts";
import { allowedWithin, simulateGuessing } from "../src/throttle/simulate.ts";

const small = { guesses: 20_000, accounts: 50, addresses: 500, hours: 24, owners: 10, seed: 7 };

describe("a day of guessing", () => {
  it("lets no more guesses through than the budgets allow, and every owner on a known device", async () => {
    const before = Date.now;
    const result = await simulateGuessing(small);
    expect(Date.now).toBe(before);
    expect(throttleFaults(result)).toEqual([]);
    expect(result.allowed).toBe(50 * 50);
    // The budgets are spent to the last guess: the throttle refuses no more than it has to.
    expect(result.checked).toBe(result.allowed);
    const [account, address, both] = result.uses;
    expect(account).toMatchObject({ keys: 50, most: 50, allowed: 50 });
    expect(address?.allowed).toBe(500);
    expect(both).toMatchObject({ allowed: 20, exceeded: 0 });
    expect(result.owners.known).toEqual({ tried: 230, refused: 0 });
    // The other side of it: on a new browser owners wait with everybody else.
    expect(result.owners.unknown.refused).toBeGreaterThan(100);
    expect(result.events.reported).toBeLessThan(result.events.throttled / 2);
    expect(throttleReport(result)).toContain("| guesses that reached the password check | 2,500 (");
  }, 60_000);

  it("is the same with the same seed", async () => {
    const tiny = { ...small, guesses: 500 };
    expect(await simulateGuessing(tiny)).toEqual(await simulateGuessing(tiny));
  });

  it("is a fault where more pass, an owner is refused, or a guess is lost", async () => {
    const result = await simulateGuessing({ ...small, guesses: 200, owners: 1 });
    const { uses, owners, events } = result;
    const broken = [
      { ...result, checked: result.allowed + 1, options: { ...small, guesses: 0 } },
      { ...result, uses: uses.map((use) => ({ ...use, exceeded: 1 })) },
      { ...result, owners: { ...owners, known: { tried: 1, refused: 1 } } },
      { ...result, events: { ...events, throttled: events.throttled - 1 } },
    ];
    for (const each of broken) expect(throttleFaults(each)).not.toEqual([]);
  });

  it("knows how many attempts a time has room for", () => {
    const windows = [
      { attempts: 5, windowSeconds: 60 },
      { attempts: 20, windowSeconds: 600 },
    ];
    expect(allowedWithin(windows, 60)).toBe(5);
    expect(allowedWithin(windows, 61)).toBe(10);
    expect(allowedWithin(windows, 600)).toBe(20);
    expect(allowedWithin(windows, 601)).toBe(40);
  });
});
