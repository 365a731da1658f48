/**
 * Memcached store, for a service on any number of machines that has no other server, and can do without
 * "sign out everywhere". Brings its own small client of the meta protocol; depends on none.
 * @module
 */
import { SessionError } from "../errors.ts";
import { type MemcachedConnection, memcachedConnection } from "./memcached-connection.ts";
import { type MemcachedStoreOptions, resolveMemcachedOptions } from "./memcached-options.ts";
import { flagOf, type MemcachedReply } from "./memcached-reply.ts";
import { serverChooser } from "./memcached-servers.ts";
import { countSessions, findEvictions, readStats } from "./memcached-stats.ts";
import { expiryOf, withIdle } from "./memcached-value.ts";
import { isTombstone, type SessionStore, type StoreKey } from "./store.ts";
import { packValue, unpackValue, valueState } from "./store-bytes.ts";

export type {
  MemcachedAuth,
  MemcachedServer,
  MemcachedStoreOptions,
} from "./memcached-options.ts";
export type { MemcachedTls } from "./memcached-socket.ts";

/** A value as it was read, and the server's mark by which a write finds it unchanged. */
interface Seen {
  readonly value: Buffer;
  readonly cas: string;
}

/** What becomes of a value: `undefined` leaves it as it is. */
type Change = (value: Buffer) => Buffer | undefined;

/** What the server adds to a value: its own fields, its mark and the key. */
const ITEM_HEAD_BYTES = 200;
/** Renewals that may come between, one after the other, before a write gives up. */
const ATTEMPTS = 30;
const LONGEST_PAUSE_MILLISECONDS = 16;
/** How often the store looks whether a server has begun to evict. */
const LOOK_MILLISECONDS = 600_000;

/**
 * Keeps sessions in Memcached 1.6 or newer. Connects when it is first asked.
 *
 * @throws {SessionError} `HOLDFAST_OPTION`, if an option is missing, unknown or out of range; later
 *   `HOLDFAST_UNSUPPORTED` from what needs the trait `index`, `HOLDFAST_DATA` for a session that is larger
 *   than the servers take.
 */
export function memcachedStore(options: MemcachedStoreOptions): SessionStore {
  const { servers, prefix, ownsServer, maxItemBytes, ...shared } = resolveMemcachedOptions(options);
  const names = servers.map(({ host, port }) => `${host}:${port}`);
  const open = () => servers.map((server) => memcachedConnection({ ...server, ...shared }));
  const connections = open();
  const positionOf = serverChooser(names);
  let looking: NodeJS.Timeout | undefined;

  /** @param flags Each with a space before it. */
  const send = (command: string, key: StoreKey, flags: string, value?: Buffer) => {
    const name = prefix + key;
    const connection = connections[positionOf(name)] as MemcachedConnection;
    const size = value === undefined ? "" : ` ${value.length}`;
    return connection.send(`${command} ${name}${size}${flags}`, value);
  };

  async function see(key: StoreKey): Promise<Seen | undefined> {
    const reply = await send("mg", key, " v c");
    if (reply.code === "EN") return undefined;
    const cas = flagOf(reply, "c");
    if (reply.value === undefined || cas === undefined) throw unexpected(reply);
    if (cas === "0") throw withoutCas();
    return { value: reply.value, cas };
  }

  /**
   * Changes a value by compare-and-swap, again if only its idle deadline was changed meanwhile.
   *
   * @returns `false` if another version or no record is there.
   */
  async function swap(key: StoreKey, version: number, change: Change): Promise<boolean> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const seen = await see(key);
      if (seen === undefined || valueState(seen.value).version !== version) return false;
      const next = change(seen.value);
      if (next === undefined) return true;
      const reply = await send("ms", key, ` C${seen.cas} T${expiryOf(next)}`, fitting(next));
      if (reply.code === "HD") return true;
      if (reply.code === "NF") return false;
      if (reply.code !== "EX") throw unexpected(reply);
      await pauseAfter(attempt);
    }
    throw contended();
  }

  function fitting(value: Buffer): Buffer {
    if (value.length <= maxItemBytes - ITEM_HEAD_BYTES) return value;
    throw new SessionError(
      "HOLDFAST_DATA",
      `the session takes ${value.length} bytes, and "maxItemBytes" of memcachedStore is ${maxItemBytes}; lower "maxDataBytes", or raise the servers' item size (-I) and "maxItemBytes"`,
      { bytes: value.length, maxItemBytes },
    );
  }

  async function remove(key: StoreKey, cas = ""): Promise<MemcachedReply> {
    const reply = await send("md", key, cas);
    if (!["HD", "NF", "EX"].includes(reply.code)) throw unexpected(reply);
    return reply;
  }

  return {
    name: "memcached",
    traits: {
      shared: "network",
      revocation: "durable",
      index: false,
      nativeExpiry: true,
      durable: false,
    },

    async get(key) {
      const reply = await send("mg", key, " v");
      if (reply.code === "EN") return undefined;
      if (reply.value === undefined) throw unexpected(reply);
      return unpackValue(reply.value);
    },

    async create(key, record, { checkpoint, replaces }) {
      if (checkpoint !== undefined) throw needsIndex("create with a checkpoint");
      const value = fitting(packValue(record));
      const reply = await send("ms", key, ` ME T${expiryOf(value)}`, value);
      if (reply.code !== "HD" && reply.code !== "NS") throw unexpected(reply);
      if (replaces !== undefined && (reply.code === "HD" || (await isOwn(key, record.handle)))) {
        await remove(replaces);
      }
      return reply.code === "HD" ? "created" : "exists";
    },

    put(key, record) {
      const value = packValue(record);
      const isBuried = isTombstone(record);
      return swap(key, record.version - 1, (stored) => {
        const { idleExpiresAt } = valueState(stored);
        const keeps = !isBuried && idleExpiresAt > record.idleExpiresAt;
        return keeps ? withIdle(value, idleExpiresAt) : value;
      });
    },

    touch(key, version, idleExpiresAt) {
      return swap(key, version, (stored) =>
        idleExpiresAt > valueState(stored).idleExpiresAt
          ? withIdle(stored, idleExpiresAt)
          : undefined,
      );
    },

    async delete(key, only) {
      if (only === undefined) return (await remove(key)).code === "HD";
      for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
        const seen = await see(key);
        if (seen === undefined) return false;
        const { version, idleExpiresAt } = valueState(seen.value);
        if (version !== only.version || idleExpiresAt !== only.idleExpiresAt) return false;
        const { code } = await remove(key, ` C${seen.cas}`);
        if (code !== "EX") return code === "HD";
        await pauseAfter(attempt);
      }
      throw contended();
    },

    listSubject() {
      throw needsIndex("listSubject");
    },

    deleteSubject() {
      throw needsIndex("deleteSubject");
    },

    checkpoint() {
      throw needsIndex("checkpoint");
    },

    async deleteAll() {
      if (!ownsServer) {
        throw new SessionError(
          "HOLDFAST_UNSUPPORTED",
          'memcachedStore can remove all sessions only together with all else that its servers hold; say "ownsServer: true" if that is nothing',
          { option: "ownsServer" },
        );
      }
      // Connections of their own: a list of items would hold up what is sent after it.
      const aside = open();
      try {
        // All are waited for, so that one that is away keeps no other from being flushed.
        const flushed = await Promise.allSettled(aside.map((server) => flush(server, prefix)));
        const failed = flushed.find(({ status }) => status === "rejected");
        if (failed?.status === "rejected") throw failed.reason;
        return flushed.reduce((sum, one) => sum + (one.status === "fulfilled" ? one.value : 0), 0);
      } finally {
        for (const connection of aside) connection.close();
      }
    },

    // The servers' own clocks remove what is dead.
    sweep: () => ({ removed: 0, done: true }),

    watch(report) {
      const reported = new Set<string>();
      const look = async (connection: MemcachedConnection, name: string) => {
        if (reported.has(name)) return;
        // A server that is away is reported by requests, and looked at again when it is back.
        const problem = await findEvictions(connection, name).catch(() => undefined);
        if (problem === undefined) return;
        reported.add(name);
        report(problem);
      };
      const lookAtAll = () => {
        for (const [n, connection] of connections.entries()) void look(connection, names[n] ?? "");
      };
      lookAtAll();
      looking = setInterval(lookAtAll, LOOK_MILLISECONDS).unref();
    },

    async clock() {
      // The server whose clock is ahead is the one that drops sessions early.
      const stats = await Promise.all(connections.map(readStats));
      return Math.max(...stats.map((stat) => Number(stat.get("time")))) * 1000 + 500;
    },

    close() {
      clearInterval(looking);
      for (const connection of connections) connection.close();
    },
  };

  /** Whether a key is taken by an attempt before, whose answer was lost: what it replaces is to go too. */
  async function isOwn(key: StoreKey, handle: string): Promise<boolean> {
    const seen = await see(key);
    return seen !== undefined && unpackValue(seen.value).handle === handle;
  }
}

/** Two that read and write in step would keep each other from winning. */
function pauseAfter(attempt: number): Promise<void> | undefined {
  if (attempt === 0) return undefined;
  const longest = Math.min(2 ** attempt, LONGEST_PAUSE_MILLISECONDS);
  return new Promise((resolve) => {
    setTimeout(resolve, Math.random() * longest);
  });
}

async function flush(connection: MemcachedConnection, prefix: string): Promise<number> {
  const count = await countSessions(connection, prefix);
  let answer = { code: "" };
  await connection.ask("flush_all", (reply) => {
    answer = reply;
    return true;
  });
  if (answer.code !== "OK") throw unexpected(answer);
  return count;
}

function needsIndex(call: string): SessionError {
  return new SessionError(
    "HOLDFAST_UNSUPPORTED",
    `${call} needs the trait "index", which memcachedStore lacks; use a store that can find the sessions of an account`,
    { trait: "index" },
  );
}

function unexpected({ code }: Pick<MemcachedReply, "code">): SessionError {
  // What is no Memcached may say anything, and quote what it was asked.
  const known = /^[A-Z]{2}$/.test(code) ? ` "${code}"` : "";
  return new SessionError(
    "HOLDFAST_STORE",
    `a server gave an answer${known} that memcached 1.6 does not give here; is it one?`,
  );
}

function withoutCas(): SessionError {
  return new SessionError("HOLDFAST_STORE", "memcached compares no versions; start it without -C");
}

function contended(): SessionError {
  return new SessionError(
    "HOLDFAST_STORE",
    "too many renewals of one session at once; this write did not get through",
  );
}
