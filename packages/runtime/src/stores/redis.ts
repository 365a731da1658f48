/**
 * Redis and Valkey store, for a service on any number of machines: alone, behind Sentinel, or as a cluster.
 * Takes clients of `ioredis`, `iovalkey`, `redis` and `@valkey/valkey-glide`; depends on none.
 * @module
 */
import { randomBytes } from "node:crypto";
import { optionError, SessionError } from "../errors.ts";
import type { RedisStoreClient } from "./redis-client.ts";
import { driverOf } from "./redis-driver.ts";
import { scriptRunner } from "./redis-run.ts";
import { removeAll, scanStore } from "./redis-scan.ts";
import {
  checkpointScript,
  createScript,
  deleteScript,
  deleteSubjectScript,
  listSubjectScript,
  putScript,
  touchScript,
} from "./redis-scripts.ts";
import { bucketOf, numberBytes, recordIn, redisNames } from "./redis-value.ts";
import { findForbiddenWait, waitingRunner } from "./redis-wait.ts";
import { findEviction, recentDeletions } from "./redis-watch.ts";
import {
  CHECKPOINT_SECONDS,
  isTombstone,
  type RemovedSession,
  type SessionStore,
  type StoredSession,
  type StoreProblem,
  SWEEP_DELAY_SECONDS,
} from "./store.ts";
import { packValue } from "./store-bytes.ts";

export type {
  GlideLikeClient,
  IoredisClient,
  IoredisPipeline,
  NodeRedisClient,
  NodeRedisCluster,
  RedisStoreClient,
} from "./redis-client.ts";

/** Replicas that a revocation waits for. */
export interface RedisReplicas {
  /** A second client to the same server: WAIT holds its connection, and must hold up no reads. */
  readonly client: RedisStoreClient;
  /** How many replicas must have a revocation: 1 to 10. */
  readonly count: number;
  /**
   * Longest wait, 1 to 10 000 ms; keep it below the policy's `storeDeadlineSeconds`. If it is over, the
   * revocation stands, and an event says that it may not survive a failover.
   * @default 500
   */
  readonly timeoutMilliseconds?: number;
}

/** Options of {@link redisStore}. */
export interface RedisStoreOptions {
  /** What every key begins with: 1 to 32 letters, digits, `:`, `_` and `-`. @default "holdfast:" */
  readonly prefix?: string;
  /**
   * The server evicts when its memory is full (`maxmemory-policy` is not `noeviction`), and that is
   * accepted: sessions may end early, and a subject's sessions can no longer be found reliably.
   * @default false
   */
  readonly evicts?: boolean;
  /** The server keeps its data over a restart (AOF). @default false */
  readonly persistent?: boolean;
  /** Has sign-outs and revocations wait for replicas. @default none */
  readonly replicas?: RedisReplicas;
}

const PREFIX = /^[A-Za-z0-9:_-]{1,32}$/;
const SWEEP_DELAY_MS = SWEEP_DELAY_SECONDS * 1000;
const CHECKPOINT_MS = String(CHECKPOINT_SECONDS * 1000);
const HANDLE_CHARACTERS = 20;
const HANDLE_BYTES = 15;
const MEMBER_BYTES = 64;
const CREATED = ["exists", "created", "revoked-meanwhile"] as const;

/**
 * Keeps sessions in Redis or Valkey.
 *
 * @param client A connected client, or one that connects by itself; it stays the caller's to close.
 * @throws {SessionError} `HOLDFAST_OPTION`, if the client is of no known kind or is set up to read from
 *   replicas, or an option is unknown or out of range.
 */
export function redisStore(
  client: RedisStoreClient,
  options: RedisStoreOptions = {},
): SessionStore {
  const {
    prefix = "holdfast:",
    evicts = false,
    persistent = false,
    replicas,
    ...unknown
  } = options;
  for (const name of Object.keys(unknown))
    throw optionError(name, "is not an option of redisStore");
  if (!PREFIX.test(prefix)) {
    throw optionError("prefix", 'must be 1 to 32 letters, digits and ":", "_", "-"');
  }
  for (const [name, value] of Object.entries({ evicts, persistent })) {
    if (typeof value !== "boolean") throw optionError(name, "must be true or false");
  }
  const driver = driverOf(client, "client");
  const names = redisNames(prefix);
  let report = (_problem: StoreProblem): void => {};
  const waiting = replicas && waitSettings(replicas, client, (problem) => report(problem));

  const run = scriptRunner(driver);
  const revoke = waiting === undefined ? run : waitingRunner(waiting);
  const recent = recentDeletions((key) => run(deleteScript, [names.session(key)], [""]));
  const unsubscribe = driver.onReady?.(() => recent.repeat());
  let unwatch: (() => void) | undefined;

  const store: SessionStore = {
    name: "redis",
    traits: {
      shared: "network",
      revocation: "until-failover",
      index: !evicts,
      nativeExpiry: true,
      durable: persistent,
    },

    get(key) {
      return driver.get(names.session(key)).then(recordIn);
    },

    async create(key, record, { now, checkpoint, replaces }) {
      const { subjectKey, absoluteExpiresAt, idleExpiresAt } = record;
      if (checkpoint !== undefined && subjectKey === null) return "revoked-meanwhile";
      const sweepAt = Math.min(idleExpiresAt, absoluteExpiresAt) + SWEEP_DELAY_MS;
      const outcome = await run(
        createScript,
        [
          names.session(key),
          ...(subjectKey === null ? [] : [names.index(subjectKey), names.checkpoint(subjectKey)]),
          ...(replaces === undefined ? [] : [names.session(replaces)]),
        ],
        [
          packValue(record),
          String(sweepAt),
          subjectKey === null ? "" : String(absoluteExpiresAt),
          String(now - SWEEP_DELAY_MS),
          checkpoint === undefined ? "" : `c${checkpoint}`,
          CHECKPOINT_MS,
        ],
      );
      if (Number(outcome) === 1) {
        recent.forget(key);
        if (replaces !== undefined) recent.remember([replaces]);
      }
      return CREATED[Number(outcome)] ?? "exists";
    },

    async put(key, record) {
      const isBuried = isTombstone(record);
      const before = numberBytes(record.version - 1);
      const args = [before, packValue(record), isBuried ? "1" : ""];
      const replaced = await (isBuried ? revoke : run)(putScript, [names.session(key)], args);
      return Number(replaced) === 1;
    },

    async touch(key, version, idleExpiresAt) {
      const args = [numberBytes(version), numberBytes(idleExpiresAt)];
      return Number(await run(touchScript, [names.session(key)], args)) === 1;
    },

    async delete(key, only) {
      const state = only === undefined ? "" : numberBytes(only.version, only.idleExpiresAt);
      const deleted = Number(await revoke(deleteScript, [names.session(key)], [state])) === 1;
      if (deleted) recent.remember([key]);
      return deleted;
    },

    async listSubject(subjectKey) {
      if (evicts) throw needsIndex("listSubject");
      const bucket = bucketOf(subjectKey);
      const reply = await run(
        listSubjectScript,
        [names.index(subjectKey)],
        [names.sessionsOf(bucket)],
      );
      const found = reply as readonly Buffer[];
      const sessions: StoredSession[] = [];
      for (let at = 0; at < found.length; at += 2) {
        const record = recordIn(found[at + 1] ?? null);
        if (record !== undefined) sessions.push({ key: `${bucket}${found[at]}`, record });
      }
      return sessions;
    },

    async deleteSubject(subjectKey, { except = "" } = {}) {
      if (evicts) throw needsIndex("deleteSubject");
      const bucket = bucketOf(subjectKey);
      const kept = except.length === HANDLE_CHARACTERS ? Buffer.from(except, "base64url") : "";
      // The next `checkpoint` draws a new value, and until then none is accepted: as good as replacing it.
      const reply = await revoke(
        deleteSubjectScript,
        [names.index(subjectKey), names.checkpoint(subjectKey)],
        [names.sessionsOf(bucket), kept],
      );
      const bytes = reply as Buffer;
      const removed: RemovedSession[] = [];
      for (let at = 0; at < bytes.length; at += MEMBER_BYTES + HANDLE_BYTES) {
        const middle = at + MEMBER_BYTES;
        removed.push({
          key: bucket + bytes.toString("latin1", at, middle),
          handle: bytes.toString("base64url", middle, middle + HANDLE_BYTES),
        });
      }
      recent.remember(removed.map(({ key }) => key));
      return removed;
    },

    async checkpoint(subjectKey) {
      if (evicts) throw needsIndex("checkpoint");
      const drawn = randomBytes(16).toString("base64url");
      const args = [drawn, CHECKPOINT_MS];
      return String(await run(checkpointScript, [names.checkpoint(subjectKey)], args));
    },

    deleteAll: () => removeAll(driver, names),

    // The server's own clock removes what is dead.
    sweep: () => ({ removed: 0, done: true }),

    scan: (cursor, limit) => scanStore(driver, names, cursor, limit),

    watch(to) {
      report = to;
      let standing: ReadonlySet<string> = new Set();
      const check = async () => {
        const found = [
          evicts ? undefined : await findEviction(driver),
          waiting && (await findForbiddenWait(waiting.driver)),
        ].filter((problem) => problem !== undefined);
        // Asked again at each new connection, and said once while it lasts.
        for (const problem of found) if (!standing.has(problem.explanation)) report(problem);
        standing = new Set(found.map(({ explanation }) => explanation));
      };
      const look = () => {
        // A server that is away is reported by requests, and looked at again when it is back.
        check().catch(() => {});
      };
      look();
      unwatch = driver.onReady?.(look);
    },

    async clock() {
      const [primary] = await driver.primaries();
      if (primary === undefined) throw new Error("no primary of the cluster is known");
      const [seconds, microseconds] = (await primary.command(["TIME"])) as readonly unknown[];
      return Number(seconds) * 1000 + Number(microseconds) / 1000;
    },

    close() {
      unsubscribe?.();
      unwatch?.();
      recent.stop();
    },
  };
  return store;
}

function waitSettings(
  { client, count, timeoutMilliseconds = 500, ...unknown }: RedisReplicas,
  first: RedisStoreClient,
  report: (problem: StoreProblem) => void,
) {
  for (const name of Object.keys(unknown)) {
    throw optionError(`replicas.${name}`, "is not an option of redisStore");
  }
  const check = (name: string, value: number, most: number) => {
    if (!Number.isInteger(value) || value < 1 || value > most) {
      throw optionError(`replicas.${name}`, `must be a whole number from 1 to ${most}`);
    }
  };
  check("count", count, 10);
  check("timeoutMilliseconds", timeoutMilliseconds, 10_000);
  if (client === first) {
    throw optionError("replicas.client", "must be a client of its own: WAIT would hold up reads");
  }
  const driver = driverOf(client, "replicas.client");
  if (driver.inOrder === undefined) {
    throw optionError(
      "replicas.client",
      "cannot promise that WAIT uses the connection of the command before it; use ioredis or node-redis for a cluster",
    );
  }
  return { driver, count, timeoutMilliseconds, report };
}

/** A server that evicts may have dropped part of an account's sessions from the index. */
function needsIndex(call: string): SessionError {
  return new SessionError(
    "HOLDFAST_UNSUPPORTED",
    `"${call}" needs the trait "index", which redisStore lacks with "evicts: true"`,
    { trait: "index" },
  );
}
