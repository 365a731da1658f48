/**
 * What the Redis store looks after beside requests: whether the server evicts, and what a failover undid.
 * @module
 */
import { FORBIDDEN, type RedisDriver, says, textOf } from "./redis-client.ts";
import type { StoreKey, StoreProblem } from "./store.ts";

/**
 * Whether a primary drops records when its memory is full.
 *
 * @returns `undefined` if none does.
 * @throws The client's error, if a primary did not answer.
 */
export async function findEviction(driver: RedisDriver): Promise<StoreProblem | undefined> {
  for (const { command } of await driver.primaries()) {
    let policy: string | undefined;
    try {
      // CONFIG is often forbidden; INFO says the same.
      const info = textOf(await command(["INFO", "memory"]));
      policy = /^maxmemory_policy:(\S+)/m.exec(info)?.[1];
    } catch (error) {
      if (!says(error, FORBIDDEN)) throw error;
    }
    if (policy === undefined) return unverified;
    if (policy !== "noeviction") return evicting(policy);
  }
  return undefined;
}

const unverified: StoreProblem = {
  problem: "unverified",
  explanation:
    "the server does not say whether it evicts records when its memory is full; allow the user INFO (ACL +info), or make sure that maxmemory-policy is noeviction",
};

const evicting = (policy: string): StoreProblem => ({
  problem: "evicts",
  explanation: `maxmemory-policy is ${policy}: a full server drops sessions, and indexes without which "sign out everywhere" misses some; set it to noeviction, or say "evicts: true" to do without the index`,
});

const REMEMBERED_MILLISECONDS = 60_000;
const MOST_REMEMBERED = 10_000;
const ATTEMPTS = 5;
const PAUSE_MILLISECONDS = 1000;

/** The sessions that this process deleted in the last minute. */
export interface RecentDeletions {
  remember(keys: Iterable<StoreKey>): void;
  /** The key was created again. */
  forget(key: StoreKey): void;
  /** Deletes them once more: a replica that became primary may never have heard of it. Never throws. */
  repeat(): void;
  stop(): void;
}

/** @param remove Deletes one session. */
export function recentDeletions(remove: (key: StoreKey) => Promise<unknown>): RecentDeletions {
  /** When each was deleted by the process's own, monotonic clock; the oldest first. */
  const deletedAt = new Map<StoreKey, number>();
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  function prune(): void {
    const since = performance.now() - REMEMBERED_MILLISECONDS;
    for (const [key, at] of deletedAt) {
      if (at >= since && deletedAt.size <= MOST_REMEMBERED) return;
      deletedAt.delete(key);
    }
  }

  async function attempt(left: number): Promise<void> {
    prune();
    const outcomes = await Promise.allSettled([...deletedAt.keys()].map(remove));
    const failed = outcomes.some(({ status }) => status === "rejected");
    // While a new primary is being chosen there is none to tell. What fails to the last is a revocation
    // that a failover may undo, as the trait says.
    if (!failed || stopped || left <= 1) return;
    timer = setTimeout(() => void attempt(left - 1), PAUSE_MILLISECONDS).unref();
  }

  return {
    remember(keys) {
      const now = performance.now();
      for (const key of keys) {
        deletedAt.delete(key);
        deletedAt.set(key, now);
      }
      prune();
    },
    forget(key) {
      deletedAt.delete(key);
    },
    repeat() {
      clearTimeout(timer);
      if (!stopped && deletedAt.size > 0) void attempt(ATTEMPTS);
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
      deletedAt.clear();
    },
  };
}
