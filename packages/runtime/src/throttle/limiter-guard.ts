/**
 * The limiter behind a deadline: an answer, or `HOLDFAST_STORE`. Reports when its store is away and when
 * it is back, once each.
 * @module
 */
import type { Core } from "../engine/core.ts";
import { SessionError } from "../errors.ts";
import { isLimiterAnswer, type LimiterAnswer } from "./limiter.ts";

/** The store's name in events. */
const STORE = "limiter";

export interface LimiterGuard {
  /**
   * @returns The answer and, of `consume`, whether it was refused.
   * @throws {SessionError} HOLDFAST_STORE if the limiter fails, or does not answer in time.
   */
  ask(
    operation: "consume" | "get" | "reward",
    call: () => Promise<unknown>,
  ): Promise<{ readonly answer: LimiterAnswer | undefined; readonly isRefused: boolean }>;
}

/** The deadline is that of the session's store: `policy.storeDeadlineSeconds`. */
export function guardLimiter({ now, emit, options }: Core): LimiterGuard {
  const deadlineMs = options.policy.storeDeadlineSeconds * 1000;
  let awaySince: number | undefined;
  let awayForWrites = false;

  const failed = (operation: string, cause: unknown): SessionError => {
    if (awaySince === undefined) {
      awaySince = now();
      awayForWrites = isWrite(operation);
      const name = cause instanceof Error ? cause.name : typeof cause;
      emit({ type: "store.unavailable", store: STORE, operation, cause: name });
    }
    const why = `The limiter failed at "${operation}"; see the cause`;
    return new SessionError("HOLDFAST_STORE", why, { operation }, { cause });
  };
  const answered = (operation: string): void => {
    if (awaySince === undefined || (awayForWrites && !isWrite(operation))) return;
    const unavailableSeconds = Math.max(0, now() - awaySince) / 1000;
    awaySince = undefined;
    emit({ type: "store.recovered", store: STORE, unavailableSeconds });
  };

  return {
    async ask(operation, call) {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<never>((_, reject) => {
        const why = `no answer within ${deadlineMs} ms`;
        timer = setTimeout(() => reject(new Error(why)), deadlineMs);
      });
      try {
        const answer: unknown = await Promise.race([call(), late]);
        answered(operation);
        return { answer: isLimiterAnswer(answer) ? answer : undefined, isRefused: false };
      } catch (reason) {
        if (!isLimiterAnswer(reason)) throw failed(operation, reason);
        answered(operation);
        return { answer: reason, isRefused: true };
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

/** A store that is full, or was made a replica, answers reads and refuses these. */
function isWrite(operation: string): boolean {
  return operation !== "get";
}
