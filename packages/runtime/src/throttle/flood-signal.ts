/**
 * The sign that passwords are being tried wholesale: failures over all accounts and addresses, counted in
 * the limiter's store and so over all processes. It refuses nothing by itself.
 * @module
 */
import type { Core } from "../engine/core.ts";
import { SessionError } from "../errors.ts";
import { counterKey } from "./counted-names.ts";
import type { AttemptLimiter } from "./limiter.ts";
import type { LimiterGuard } from "./limiter-guard.ts";
import type { FloodThreshold } from "./throttle-options.ts";

export interface FloodSignal {
  /** Counts one failure. Never rejects: the guard reports a limiter that is away. */
  failed(core: Core, guard: LimiterGuard): Promise<void>;
  /** Whether the window that now runs has seen too many failures, as far as this process was told. */
  readonly isOn: boolean;
}

export function createFloodSignal(limiter: AttemptLimiter, threshold: FloodThreshold): FloodSignal {
  const { failures, windowSeconds } = threshold;
  let isPast: () => boolean = () => true;

  return {
    async failed({ now, emit, options }, guard) {
      const key = counterKey(options.keyring.current.throttle, "flood");
      try {
        const { answer } = await guard.ask("consume", () => limiter.consume(key));
        if (answer === undefined || answer.consumedPoints < failures) return;
        const until = now() + answer.msBeforeNext;
        isPast = () => now() >= until;
        // The counter gives each number to one failure of one process: this one speaks for all.
        if (answer.consumedPoints === failures) {
          emit({ type: "sign-in.flood", failures, windowSeconds });
        }
      } catch (error) {
        if (!(error instanceof SessionError)) throw error;
      }
    },
    get isOn() {
      return !isPast();
    },
  };
}
