/**
 * Taking from budgets and giving back, in every order in which a store may answer.
 * @module
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Budget, giveBack, isSpent, spentBudget, takeFrom } from "./budgets.ts";
import { type AttemptLimiter, isLimiterAnswer, type LimiterAnswer } from "./limiter.ts";
import type { LimiterGuard } from "./limiter-guard.ts";

/** Counts at once, and answers when the scheduler lets it: a store that runs one command after the other. */
class ModelLimiter implements AttemptLimiter {
  readonly counts = new Map<string, number>();
  readonly #points: number;
  readonly #delay: <T>(answer: () => T) => Promise<T>;
  msBeforeNext = 60_000;

  constructor(points: number, delay: <T>(answer: () => T) => Promise<T>) {
    this.#points = points;
    this.#delay = delay;
  }

  consume(key: string): Promise<LimiterAnswer> {
    return this.#delay(() => {
      const answer = this.#add(key, 1);
      if (answer.consumedPoints > this.#points) throw answer;
      return answer;
    });
  }

  get(key: string): Promise<LimiterAnswer | null> {
    return this.#delay(() => (this.counts.has(key) ? this.#add(key, 0) : null));
  }

  reward(key: string): Promise<LimiterAnswer> {
    return this.#delay(() => this.#add(key, -1));
  }

  #add(key: string, points: number): LimiterAnswer {
    const consumedPoints = (this.counts.get(key) ?? 0) + points;
    this.counts.set(key, consumedPoints);
    return { consumedPoints, msBeforeNext: this.msBeforeNext };
  }
}

const guard: LimiterGuard = {
  async ask(_operation, call) {
    try {
      return { answer: ((await call()) ?? undefined) as LimiterAnswer, isRefused: false };
    } catch (reason) {
      if (!isLimiterAnswer(reason)) throw reason;
      return { answer: reason, isRefused: true };
    }
  },
};

const now = () => 0;

function budgetsOf(
  keys: readonly string[],
  limiters: readonly (readonly ModelLimiter[])[],
): readonly Budget[] {
  return limiters.map((windows, i) => ({
    by: "account",
    key: keys[i] as string,
    windows: windows.map((limiter, n) => ({ limiter, attempts: 3 + 2 * n, windowSeconds: 60 })),
  }));
}

describe("budgets", () => {
  it("let no more through than they have, and lose nothing, however answers overtake each other", async () => {
    const attempt = fc.record({
      keys: fc.tuple(fc.constantFrom("a", "b"), fc.constantFrom("c", "d"), fc.constant("e")),
      end: fc.constantFrom("failed", "succeeded", "threw"),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(attempt, { minLength: 1, maxLength: 12 }),
        async (scheduler, attempts) => {
          const delay = async <T>(answer: () => T): Promise<T> => {
            await scheduler.schedule(Promise.resolve());
            return answer();
          };
          const limiters = [0, 1, 2].map(() =>
            [3, 5].map((points) => new ModelLimiter(points, delay)),
          );
          /** Attempts that were let through and not given back, by key. */
          const through = new Map<string, number>();
          const add = (keys: readonly string[], count: number) => {
            for (const key of keys) through.set(key, (through.get(key) ?? 0) + count);
          };
          const run = async ({ keys, end }: (typeof attempts)[number]) => {
            const budgets = budgetsOf(keys, limiters);
            if ((await spentBudget(guard, budgets)) !== undefined) return;
            const outcome = await takeFrom(guard, budgets, now);
            if (isSpent(outcome)) return;
            add(keys, 1);
            for (const key of keys) expect(through.get(key)).toBeLessThanOrEqual(3);
            await scheduler.schedule(Promise.resolve());
            if (end === "failed") return;
            add(keys, -1);
            await giveBack(guard, outcome, now);
          };
          await scheduler.waitFor(Promise.all(attempts.map(run)));
          // What was refused, given back or thrown has left no trace.
          for (const [at, windows] of limiters.entries()) {
            for (const { counts } of windows) {
              for (const [key, count] of counts) {
                expect(["a b", "c d", "e"][at]).toContain(key);
                expect(count).toBe(through.get(key) ?? 0);
              }
            }
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it("name the spent budget that stays so the longest", async () => {
    const direct = async <T>(answer: () => T) => answer();
    const [short, long] = [new ModelLimiter(1, direct), new ModelLimiter(1, direct)];
    long.msBeforeNext = 120_000;
    const window = (limiter: ModelLimiter) => [{ limiter, attempts: 1, windowSeconds: 60 }];
    const budgets: readonly Budget[] = [
      { by: "address", key: "a", windows: window(long) },
      { by: "account", key: "b", windows: window(short) },
    ];
    expect(await spentBudget(guard, budgets)).toBeUndefined();
    expect(await takeFrom(guard, budgets, now)).toHaveLength(2);
    expect(await spentBudget(guard, budgets)).toEqual({ by: "address", waitMs: 120_000 });
    expect(await takeFrom(guard, budgets, now)).toEqual({ by: "address", waitMs: 120_000 });
    expect([long.counts.get("a"), short.counts.get("b")]).toEqual([1, 1]);
  });

  it("are not spent by a counter that has ended, which some limiters still show", async () => {
    const limiter = new ModelLimiter(1, async (answer) => answer());
    limiter.msBeforeNext = -5;
    limiter.counts.set("a", 7);
    const budget: Budget = {
      by: "account",
      key: "a",
      windows: [{ limiter, attempts: 1, windowSeconds: 60 }],
    };
    expect(await spentBudget(guard, [budget])).toBeUndefined();
  });

  it("are given back only while their window lasts", async () => {
    const limiter = new ModelLimiter(5, async (answer) => answer());
    limiter.counts.set("a", 3);
    const taken = (endsAt: number) => [{ limiter, key: "a", endsAt }];
    await giveBack(guard, taken(1000), now);
    expect(limiter.counts.get("a")).toBe(3);
    await giveBack(guard, taken(1001), now);
    expect(limiter.counts.get("a")).toBe(2);
  });

  it("are given back if the limiter fails half-way", async () => {
    const first = new ModelLimiter(5, async (answer) => answer());
    const away: AttemptLimiter = {
      consume: () => Promise.reject(new Error("no connection")),
      get: async () => null,
      reward: async () => {},
    };
    const windows = [first, away].map((limiter) => ({ limiter, attempts: 5, windowSeconds: 60 }));
    const taking = takeFrom(guard, [{ by: "account", key: "a", windows }], now);
    await expect(taking).rejects.toThrow("no connection");
    expect(first.counts.get("a")).toBe(0);
  });
});
