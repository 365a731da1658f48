/** What the Redis store sends, counted by MONITOR, and what it makes of a server that changes under it. */
import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type ServerWithUrl, startRedis } from "../../../scripts/servers.mjs";
import { describeWith } from "../../../test-support/needs.ts";
import { redisStore } from "../src/stores/redis.ts";
import {
  recordFlags,
  type SessionStore,
  type StoreProblem,
  SWEEP_DELAY_SECONDS,
} from "../src/stores/store.ts";
import { sampleNow, sampleSession, sampleSubject } from "../src/testing/index.ts";
import {
  freshPrefix,
  type OpenedClient,
  openIoredis,
  openNodeRedis,
  singleClients,
} from "./support/redis.ts";

const now = sampleNow;
const alice = sampleSubject(0xa11c);
const DELAY_MS = SWEEP_DELAY_SECONDS * 1000;

interface Traffic {
  /** Commands that clients sent, in lower case. */
  readonly sent: readonly string[];
  /** Commands that ran inside scripts, and how often. */
  readonly inside: Readonly<Record<string, number>>;
}

describeWith("redis", "redisStore on the wire", () => {
  let server: ServerWithUrl;
  let admin: Redis;
  let monitor: Redis;
  let opened: OpenedClient;
  let prefix: string;
  let store: SessionStore;
  let seen: (readonly [source: string, args: readonly string[]])[] = [];

  beforeAll(async () => {
    server = await startRedis();
    admin = new Redis(server.port, "127.0.0.1");
    monitor = await admin.monitor();
    monitor.on("monitor", (_time: string, args: string[], source: string) => {
      seen.push([source, args]);
    });
    opened = await openIoredis(server);
  });
  afterAll(async () => {
    monitor?.disconnect();
    admin?.disconnect();
    await opened?.close();
    await server?.stop();
  });
  beforeEach(async () => {
    await admin.flushall();
    prefix = freshPrefix();
    store = redisStore(opened.client, { prefix });
  });
  afterEach(() => store.close());

  /** Everything that reached the server while `act` ran. */
  async function trafficOf(act: () => unknown): Promise<Traffic> {
    // What was sent before has been seen once this has.
    const mark = async () => {
      const marker = `mark-${Math.random()}`;
      await admin.echo(marker);
      await expect.poll(() => seen.some(([, args]) => args[1] === marker)).toBe(true);
    };
    await mark();
    seen = [];
    await act();
    await mark();
    const isOurs = ([, [name = ""]]: (typeof seen)[number]) => name.toLowerCase() !== "echo";
    const sent = seen.filter(([source]) => source !== "lua").filter(isOurs);
    const inside: Record<string, number> = {};
    for (const [source, [name = ""]] of seen) {
      const command = name.toLowerCase();
      if (source === "lua") inside[command] = (inside[command] ?? 0) + 1;
    }
    return { sent: sent.map(([, [name = ""]]) => name.toLowerCase()), inside };
  }

  async function createFor(subjectKey: string | null, ...numbers: readonly number[]) {
    const created = numbers.map((n) => sampleSession(n, { subjectKey }));
    await Promise.all(created.map(({ key, record }) => store.create(key, record, { now })));
    return created;
  }

  /** Enough zeros between them and the padding of their keys that no two are the same. */
  const many = (count: number) => Array.from({ length: count }, (_, n) => 0xd0000 + n);

  const nameOf = (key: string) => `${prefix}{${key.slice(0, 4)}}s:${key.slice(4)}`;

  for (const [name, openClient] of Object.entries(singleClients)) {
    it(`reads by one GET and nothing else: ${name}`, async () => {
      const own = await openClient(server);
      const reader = redisStore(own.client, { prefix });
      const { key, record } = sampleSession(1);
      await store.create(key, record, { now });
      await reader.get(key);
      const { sent, inside } = await trafficOf(() => reader.get(key));
      expect(sent).toEqual(["get"]);
      expect(inside).toEqual({});
      await reader.close();
      await own.close();
    });
  }

  it("takes one command for each operation of a request", async () => {
    const checkpoint = await store.checkpoint(alice, now);
    const [old, next, third] = [1, 2, 3].map((n) => sampleSession(n, { subjectKey: alice }));
    if (!old || !next || !third) expect.unreachable();
    // Each script once, so that the server knows them all.
    await store.create(third.key, third.record, { now });
    await store.put(third.key, third.record);
    await store.touch(third.key, 7, now);
    await store.delete(third.key);
    await store.listSubject(alice);
    const operations: Readonly<Record<string, () => unknown>> = {
      checkpoint: () => store.checkpoint(alice, now),
      create: () => store.create(old.key, old.record, { now, checkpoint }),
      "create, replacing": () =>
        store.create(next.key, next.record, { now, checkpoint, replaces: old.key }),
      put: () => store.put(next.key, { ...next.record, version: 2 }),
      touch: () => store.touch(next.key, 2, next.record.idleExpiresAt + 1000),
      listSubject: () => store.listSubject(alice),
      delete: () => store.delete(next.key),
    };
    const sent: Record<string, readonly string[]> = {};
    for (const [name, run] of Object.entries(operations)) {
      sent[name] = (await trafficOf(run)).sent;
    }
    expect(new Set(Object.values(sent).map(String))).toEqual(new Set(["evalsha"]));
    expect(await store.get(old.key)).toBeUndefined();
  });

  it("signs 1000 sessions out by one command", async () => {
    await createFor(alice, ...many(1000));
    const bob = sampleSubject(0xb0b0);
    await createFor(bob, 5000);
    await store.deleteSubject(bob);
    let removed: readonly unknown[] = [];
    const { sent, inside } = await trafficOf(async () => {
      removed = await store.deleteSubject(alice);
    });
    expect(removed).toHaveLength(1000);
    expect(sent).toEqual(["evalsha"]);
    expect(inside).toEqual({ zrange: 1, exists: 1, getrange: 1000, unlink: 2, zrem: 1 });
    expect(await admin.keys("*")).toEqual([]);
  });

  it("lists and removes more sessions than a script may hand over at once", async () => {
    await createFor(alice, ...many(9000));
    expect(await store.listSubject(alice)).toHaveLength(9000);
    const kept = sampleSession(0xd0000 + 4711).record.handle;
    expect(await store.deleteSubject(alice, { except: kept })).toHaveLength(8999);
    expect((await store.listSubject(alice)).map(({ record }) => record.handle)).toEqual([kept]);
  });

  it("goes on when the server has forgotten the scripts", async () => {
    const [{ key, record } = expect.unreachable()] = await createFor(alice, 1);
    await admin.script("FLUSH");
    const { sent } = await trafficOf(() => store.put(key, { ...record, version: 2 }));
    expect(sent).toEqual(["evalsha", "eval"]);
    for (const run of [
      () => store.touch(key, 2, record.idleExpiresAt + 1),
      () => store.checkpoint(alice, now),
      () => store.listSubject(alice),
      () => store.deleteSubject(alice),
      () => store.create(key, record, { now }),
      () => store.delete(key),
    ]) {
      await admin.script("FLUSH");
      await expect(run()).resolves.toBeTruthy();
    }
  });

  it("has the server drop a record 300 seconds after its deadline, as the deadline moves", async () => {
    const [{ key, record } = expect.unreachable()] = await createFor(alice, 1);
    const expiry = async () => Number(await admin.call("PEXPIRETIME", nameOf(key)));
    expect(await expiry()).toBe(record.idleExpiresAt + DELAY_MS);
    await store.touch(key, 1, record.idleExpiresAt + 5000);
    expect(await expiry()).toBe(record.idleExpiresAt + 5000 + DELAY_MS);
    await store.put(key, { ...record, version: 2 });
    expect(await expiry()).toBe(record.idleExpiresAt + 5000 + DELAY_MS);
    await store.touch(key, 2, record.absoluteExpiresAt + 5000);
    expect(await expiry()).toBe(record.absoluteExpiresAt + DELAY_MS);
    const { tombstone } = recordFlags;
    await store.put(key, { ...record, version: 3, idleExpiresAt: now, flags: tombstone });
    expect(await expiry()).toBe(now + DELAY_MS);
  });

  it("has the server drop the index with its last session, and the checkpoint an hour after its use", async () => {
    const index = `${prefix}{${alice.slice(0, 4)}}u:${alice}`;
    const later = sampleSession(1, { subjectKey: alice });
    await store.create(later.key, later.record, { now });
    const sooner = sampleSession(2, { subjectKey: alice, absoluteExpiresAt: now + 1000 });
    await store.create(sooner.key, sooner.record, { now });
    const expiry = Number(await admin.call("PEXPIRETIME", index));
    expect(expiry).toBe(later.record.absoluteExpiresAt + DELAY_MS);

    const checkpoint = await store.checkpoint(alice, now);
    const checkpointKey = `${prefix}{${alice.slice(0, 4)}}c:${alice}`;
    await admin.pexpire(checkpointKey, 1000);
    await store.checkpoint(alice, now);
    expect(await admin.pttl(checkpointKey)).toBeGreaterThan(3_590_000);
    await admin.pexpire(checkpointKey, 1000);
    const third = sampleSession(3, { subjectKey: alice });
    await store.create(third.key, third.record, { now, checkpoint });
    expect(await admin.pttl(checkpointKey)).toBeGreaterThan(3_590_000);
  });

  it("takes out of the index what is deleted, replaced, gone or long dead", async () => {
    const index = `${prefix}{${alice.slice(0, 4)}}u:${alice}`;
    const members = () => admin.zcard(index);
    const [one, two, three] = await createFor(alice, 1, 2, 3);
    if (!one || !two || !three) expect.unreachable();
    await store.delete(one.key);
    expect(await members()).toBe(2);
    const next = sampleSession(4, { subjectKey: alice });
    await store.create(next.key, next.record, { now, replaces: two.key });
    expect(await members()).toBe(2);
    await admin.del(nameOf(three.key));
    await store.listSubject(alice);
    expect(await members()).toBe(1);
    const last = sampleSession(5, {
      subjectKey: alice,
      absoluteExpiresAt: next.record.absoluteExpiresAt + 1,
    });
    const longAfter = { now: next.record.absoluteExpiresAt + DELAY_MS + 1 };
    await store.create(last.key, last.record, longAfter);
    expect(await members()).toBe(1);
  });

  it("keeps apart what two prefixes name, and leaves foreign keys alone", async () => {
    const other = redisStore(opened.client, { prefix: `${prefix}x` });
    const { key, record } = sampleSession(1);
    await store.create(key, record, { now });
    await other.create(key, record, { now });
    await admin.set(`${prefix}mine`, "1");
    await admin.set(`${prefix}{00ff}x:mine`, "1");
    expect(await store.deleteAll()).toBe(1);
    expect(await other.get(key)).toBeDefined();
    expect(await admin.exists(`${prefix}mine`, `${prefix}{00ff}x:mine`)).toBe(2);
    await other.close();
  });

  for (const [what, bytes] of [
    ["text", Buffer.from("hello")],
    ["nothing", Buffer.alloc(0)],
    ["a newer layout", Buffer.alloc(200, 2)],
    ["a head and no record", Buffer.alloc(20, 1)],
    ["random bytes", Buffer.from(Array.from({ length: 300 }, (_, i) => (i * 89 + 1) & 255))],
  ] as const) {
    it(`fails as a broken store, and changes nothing, where a value holds ${what}`, async () => {
      const [{ key, record } = expect.unreachable()] = await createFor(alice, 1);
      await admin.set(nameOf(key), Buffer.from(bytes));
      await expect(store.get(key)).rejects.toMatchObject({ code: "HOLDFAST_STORE" });
      expect(await store.put(key, { ...record, version: 2 })).toBe(false);
      expect(await store.touch(key, 1, record.idleExpiresAt + 1)).toBe(false);
      expect(await admin.getBuffer(nameOf(key))).toEqual(bytes);
      await store.deleteSubject(alice);
      expect(await admin.exists(nameOf(key))).toBe(0);
    });
  }

  it("fails as the client does where a key holds another type", async () => {
    const [{ key, record } = expect.unreachable()] = await createFor(alice, 1);
    await admin.del(nameOf(key));
    await admin.sadd(nameOf(key), "x");
    await expect(store.get(key)).rejects.toThrow(/WRONGTYPE/);
    await expect(store.put(key, { ...record, version: 2 })).rejects.toThrow(/WRONGTYPE/);
    await expect(store.delete(key)).rejects.toThrow(/WRONGTYPE/);
  });

  describe("and a server that is full", () => {
    afterEach(() => admin.config("SET", "maxmemory", "0"));

    it("refuses what needs room, and signs out all the same", async () => {
      const [one, two] = await createFor(alice, 1, 2);
      if (!one || !two) expect.unreachable();
      await store.listSubject(alice);
      await store.delete(sampleSession(99).key);
      await admin.config("SET", "maxmemory", "1");
      const third = sampleSession(3, { subjectKey: alice });
      await expect(store.create(third.key, third.record, { now })).rejects.toThrow(/OOM/);
      const second = { ...one.record, version: 2 };
      await expect(store.put(one.key, second)).rejects.toThrow(/OOM/);
      expect(await store.get(one.key)).toMatchObject({ version: 1 });
      expect(await store.listSubject(alice)).toHaveLength(2);
      expect(await store.delete(one.key)).toBe(true);
      expect(await store.deleteSubject(alice)).toHaveLength(1);
      expect(await store.get(two.key)).toBeUndefined();
    });
  });

  describe("and a server that evicts", () => {
    afterEach(() => admin.config("SET", "maxmemory-policy", "noeviction"));

    async function problemsOf(watched: SessionStore): Promise<readonly StoreProblem[]> {
      const problems: StoreProblem[] = [];
      await trafficOf(async () => {
        watched.watch?.((problem) => problems.push(problem));
        // Behind what `watch` asks, on the same connection.
        await watched.clock?.();
      });
      await watched.close();
      return problems;
    }

    it("reports nothing where the policy is noeviction", async () => {
      expect(await problemsOf(store)).toEqual([]);
    });

    for (const policy of ["allkeys-lru", "volatile-ttl"]) {
      it(`reports ${policy}, unless that is accepted`, async () => {
        await admin.config("SET", "maxmemory-policy", policy);
        expect(await problemsOf(store)).toMatchObject([
          { problem: "evicts", explanation: expect.stringContaining(policy) },
        ]);
        const accepting = redisStore(opened.client, { prefix, evicts: true });
        expect(accepting.traits.index).toBe(false);
        expect(await problemsOf(accepting)).toEqual([]);
      });
    }

    it("says so where it may not look", async () => {
      await admin.call("ACL", "SETUSER", "blind", "on", "nopass", "~*", "+@all", "-info");
      // Not ioredis, which says on the console that it may not look either.
      const own = await openNodeRedis({ port: server.port, username: "blind", password: "x" });
      expect(await problemsOf(redisStore(own.client, { prefix }))).toMatchObject([
        { problem: "unverified", explanation: expect.stringContaining("+info") },
      ]);
      await own.close();
    });
  });

  it("tells the server's time", async () => {
    const before = Date.now();
    const theirs = (await store.clock?.()) ?? 0;
    expect(theirs).toBeGreaterThan(before - 1000);
    expect(theirs).toBeLessThan(Date.now() + 1000);
  });
});
