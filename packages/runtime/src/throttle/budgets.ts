/**
 * Looking at budgets, taking from them and giving back. Knows counters' keys, and not what they stand for.
 * @module
 */
import type { SessionEvent } from "../events.ts";
import type { AttemptLimiter } from "./limiter.ts";
import type { LimiterGuard } from "./limiter-guard.ts";

/** Whose budget is spent, as events say it. */
export type ThrottledBy = Extract<SessionEvent, { type: "sign-in.throttled" }>["by"];

/** One window of a budget, and the limiter that counts it. */
export interface BudgetWindow {
  readonly limiter: AttemptLimiter;
  readonly attempts: number;
  readonly windowSeconds: number;
}

/** The windows that one attempt is counted in under one key, the shortest first. */
export interface Budget {
  readonly by: ThrottledBy;
  readonly key: string;
  readonly windows: readonly BudgetWindow[];
}

/** A budget that is spent, and for how long. */
export interface SpentBudget {
  readonly by: ThrottledBy;
  readonly waitMs: number;
}

/** An attempt that was counted in one window. */
export interface Taken {
  readonly limiter: AttemptLimiter;
  readonly key: string;
  /** When the window ends that counted it, in Unix epoch milliseconds. */
  readonly endsAt: number;
}

/** Windows that end sooner are left as they are: what is given back late would count in the next one. */
const GIVE_BACK_MARGIN_MS = 1000;

/**
 * Looks at every window without counting: a refused attempt must not spend anything, or guessing on
 * would keep an account closed.
 *
 * @returns The spent budget that stays so the longest, or `undefined` if none is spent.
 */
export async function spentBudget(
  guard: LimiterGuard,
  budgets: readonly Budget[],
): Promise<SpentBudget | undefined> {
  const looks = budgets.flatMap(({ by, key, windows }) =>
    windows.map(async ({ limiter, attempts }): Promise<SpentBudget | undefined> => {
      const { answer } = await guard.ask("get", () => limiter.get(key));
      if (answer === undefined || answer.msBeforeNext <= 0) return undefined;
      return answer.consumedPoints < attempts ? undefined : { by, waitMs: answer.msBeforeNext };
    }),
  );
  const spent = (await Promise.all(looks)).filter((one) => one !== undefined);
  return spent.sort((a, b) => b.waitMs - a.waitMs)[0];
}

/**
 * Counts an attempt in every window, one after the other and the narrowest budget first: of a hundred
 * attempts at once, those that the first window refuses never reach the account's.
 *
 * @returns What was taken, or the budget that was spent meanwhile: then nothing is.
 */
export async function takeFrom(
  guard: LimiterGuard,
  budgets: readonly Budget[],
  now: () => number,
): Promise<readonly Taken[] | SpentBudget> {
  const taken: Taken[] = [];
  try {
    for (const { by, key, windows } of budgets) {
      for (const { limiter } of windows) {
        const { answer, isRefused } = await guard.ask("consume", () => limiter.consume(key));
        const waitMs = Math.max(0, answer?.msBeforeNext ?? 0);
        taken.push({ limiter, key, endsAt: now() + waitMs });
        if (!isRefused) continue;
        await giveBack(guard, taken, now);
        return { by, waitMs };
      }
    }
  } catch (error) {
    await giveBack(guard, taken, now);
    throw error;
  }
  return taken;
}

/**
 * Gives back what an attempt took. Never rejects: an attempt that stays counted errs on the safe side,
 * and the guard has reported what failed.
 */
export async function giveBack(
  guard: LimiterGuard,
  taken: readonly Taken[],
  now: () => number,
): Promise<void> {
  await Promise.allSettled(
    taken
      .filter(({ endsAt }) => endsAt - now() > GIVE_BACK_MARGIN_MS)
      .map(({ limiter, key }) => guard.ask("reward", () => limiter.reward(key))),
  );
}

export function isSpent(outcome: readonly Taken[] | SpentBudget): outcome is SpentBudget {
  return !Array.isArray(outcome);
}
