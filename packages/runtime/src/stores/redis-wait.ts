/**
 * Follows revocations by WAIT: on the connection and node that ran the script, a connection of its own.
 * @module
 */
import {
  FORBIDDEN,
  type RedisArgument,
  type RedisDriver,
  type RedisOutcome,
  says,
} from "./redis-client.ts";
import { NO_SCRIPT, type RunScript, scriptRunner } from "./redis-run.ts";
import type { RedisScript } from "./redis-scripts.ts";
import type { StoreProblem } from "./store.ts";

/** How a script that revokes is followed by WAIT. */
export interface WaitSettings {
  /** Of the connection that the scripts and WAIT share; it can send in order. */
  readonly driver: RedisDriver;
  readonly count: number;
  readonly timeoutMilliseconds: number;
  report(problem: StoreProblem): void;
}

/** The connection that was asked is not, or not yet, the right one. */
const ELSEWHERE = /^(MOVED|ASK|TRYAGAIN|CLUSTERDOWN) |redirection|non local key|undeclared keys/;
/** Replicas that just did not confirm in time are given this long, and no more, for a while. */
const IMPATIENT_WAIT = 20;
const IMPATIENT_MILLISECONDS = 1000;
const HASH_TAG = /\{[^}]*\}/;

interface Call {
  readonly script: RedisScript;
  readonly keys: Parameters<RunScript>[1];
  readonly args: readonly RedisArgument[];
  resolve(reply: unknown): void;
  reject(error: unknown): void;
}

/**
 * Runs a script and waits until as many replicas have it, or the time is over: then the problem is reported,
 * and the script has run all the same. What comes while a WAIT holds the connection shares the next one: ten
 * sign-outs at once must not wait one after the other while a replica is away.
 */
export function waitingRunner(settings: WaitSettings): RunScript {
  const { driver, count, timeoutMilliseconds, report } = settings;
  const run = scriptRunner(driver);
  /** Calls that wait for the WAIT before theirs; one list for each slot, or for the one server. */
  const queues = new Map<string, Call[]>();
  let impatientUntil = 0;

  const inOrder = async (
    key: string,
    calls: readonly (readonly RedisArgument[])[],
    startedAt = performance.now(),
  ) => {
    const now = performance.now();
    // What an earlier WAIT for the same calls took is not to be waited again.
    const left = now < impatientUntil ? 0 : Math.ceil(timeoutMilliseconds - (now - startedAt));
    const timeout = Math.max(left, Math.min(IMPATIENT_WAIT, timeoutMilliseconds));
    const wait = ["WAIT", String(count), String(timeout)];
    const outcomes = (await driver.inOrder?.(key, [...calls, wait])) ?? [];
    return { outcomes, waited: outcomes[calls.length] };
  };

  const judge = (waited: RedisOutcome | undefined): void => {
    if (waited !== undefined && "reply" in waited && Number(waited.reply) >= count) return;
    impatientUntil = performance.now() + IMPATIENT_MILLISECONDS;
    const isForbidden = waited !== undefined && "error" in waited && says(waited.error, FORBIDDEN);
    report(isForbidden ? cannotWait() : tooFew(count));
  };

  async function runAll(calls: readonly Call[]): Promise<void> {
    const startedAt = performance.now();
    const [key = ""] = calls[0]?.keys ?? [];
    const tailOf = ({ keys, args }: Call) => [String(keys.length), ...keys, ...args];
    const named = calls.map((call) => ["EVALSHA", call.script.sha, ...tailOf(call)]);
    let { outcomes, waited } = await inOrder(key, named);
    if (outcomes.some((outcome) => "error" in outcome && says(outcome.error, NO_SCRIPT))) {
      // Those that did run are not run again.
      const unknown = calls.filter((_, n) => failedBy(outcomes[n], NO_SCRIPT));
      const inFull = unknown.map((call) => ["EVAL", call.script.lua, ...tailOf(call)]);
      const again = await inOrder(key, inFull, startedAt);
      const late = new Map(unknown.map((call, n) => [call, again.outcomes[n]]));
      outcomes = calls.map((call, n) => late.get(call) ?? outcomes[n] ?? { error: unanswered() });
      waited = again.waited;
    }
    if (calls.some((_, n) => failedBy(outcomes[n], ELSEWHERE))) {
      // Redirections are followed here. A connection's WAIT counts whatever was written on it before.
      outcomes = await Promise.all(
        calls.map((call, n) => {
          const outcome = outcomes[n] ?? { error: unanswered() };
          if (!failedBy(outcome, ELSEWHERE)) return outcome;
          return run(call.script, call.keys, call.args).then(
            (reply) => ({ reply }),
            (error: unknown) => ({ error }),
          );
        }),
      );
      waited = (await inOrder(key, [["EXISTS", key]], startedAt)).waited;
    }
    if (calls.some((_, n) => "reply" in (outcomes[n] ?? {}))) judge(waited);
    for (const [n, call] of calls.entries()) {
      const outcome = outcomes[n] ?? { error: unanswered() };
      if ("reply" in outcome) call.resolve(outcome.reply);
      else call.reject(outcome.error);
    }
  }

  async function drain(group: string, queue: Call[]): Promise<void> {
    while (queue.length > 0) {
      const calls = queue.splice(0);
      await runAll(calls).catch((error: unknown) => {
        for (const call of calls) call.reject(error);
      });
    }
    queues.delete(group);
  }

  return (script, keys, args) =>
    new Promise((resolve, reject) => {
      const group = driver.isCluster ? (HASH_TAG.exec(keys[0])?.[0] ?? "") : "";
      const call: Call = { script, keys, args, resolve, reject };
      const queue = queues.get(group);
      if (queue !== undefined) {
        queue.push(call);
        return;
      }
      const begun = [call];
      queues.set(group, begun);
      void drain(group, begun);
    });
}

function failedBy(outcome: RedisOutcome | undefined, words: RegExp): boolean {
  return outcome !== undefined && "error" in outcome && says(outcome.error, words);
}

const unanswered = (): Error => new Error("the client gave no answer to a command of several");

/**
 * Whether WAIT may be used at all: asked at start-up, so that nobody learns it from a revocation.
 *
 * @returns `undefined` if it may.
 * @throws The client's error, if a primary did not answer.
 */
export async function findForbiddenWait(driver: RedisDriver): Promise<StoreProblem | undefined> {
  for (const { command } of await driver.primaries()) {
    try {
      // For zero replicas it is answered at once.
      await command(["WAIT", "0", "1"]);
    } catch (error) {
      if (!says(error, FORBIDDEN)) throw error;
      return cannotWait();
    }
  }
  return undefined;
}

const tooFew = (count: number): StoreProblem => ({
  problem: "replicas",
  explanation: `fewer than ${count} replicas confirmed a revocation in time, so a failover may undo it; look at the replicas and their lag, or lower "replicas.count"`,
});

const cannotWait = (): StoreProblem => ({
  problem: "unverified",
  explanation:
    'the user of "replicas.client" may not run WAIT, so revocations are not known to have reached a replica; allow it (ACL +wait), or leave out "replicas"',
});
