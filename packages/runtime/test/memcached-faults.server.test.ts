/** What the Memcached store sends, and what becomes of sessions when a server is full, killed, cut off or misused. */
import { connect } from "node:net";
import { afterAll, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { type PrivateServer, startMemcached } from "../../../scripts/servers.mjs";
import { startTcpProxy, type TcpProxy } from "../../../scripts/tcp-proxy.mjs";
import { describeWith } from "../../../test-support/needs.ts";
import { createSessions } from "../src/index.ts";
import { type MemcachedStoreOptions, memcachedStore } from "../src/stores/memcached.ts";
import type { SessionRecord, SessionStore, StoreProblem } from "../src/stores/store.ts";
import { sampleNow, sampleSession } from "../src/testing/index.ts";
import { testKeyring } from "./support/engine.ts";
import {
  ending,
  expectAway,
  expectBack,
  expectGone,
  ghostOf,
  POLL,
  startApp,
  Visitor,
  visitorOf,
  watchProcess,
} from "./support/faults.ts";
import { freshPrefix, startServers } from "./support/memcached.ts";

const now = sampleNow;
const MINUTE = 60_000;
const HOST = "127.0.0.1";

/** A store that ends with the test. */
function openStore(
  port: number,
  options: Partial<MemcachedStoreOptions> = {},
  prefix = freshPrefix(),
): SessionStore {
  const store = memcachedStore({ servers: [{ host: HOST, port }], prefix, ...options });
  ending(() => store.close());
  return store;
}

/** Says one thing to a server, and answers what it has said by the time it says `last`. */
function say(port: number, text: string, last = "\r\n"): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = "";
    const socket = connect(port, HOST).on("error", reject);
    socket.on("data", (chunk) => {
      said += chunk.toString("latin1");
      if (!said.endsWith(last)) return;
      socket.destroy();
      resolve(said);
    });
    socket.write(text);
  });
}

describeWith("memcached", "memcachedStore on the wire", () => {
  let server: PrivateServer;
  let proxy: TcpProxy;
  let store: SessionStore;
  beforeAll(async () => {
    server = await startMemcached();
    proxy = await startTcpProxy(server.port);
  });
  afterAll(async () => {
    await proxy?.close();
    await server?.stop();
  });
  watchProcess();
  beforeEach(() => {
    store = openStore(proxy.port, { ownsServer: true });
  });

  /** The commands that `act` sends: each with the flags it has, but for the opaque. */
  async function commandsOf(act: () => unknown): Promise<readonly string[]> {
    proxy.forget();
    await act();
    const sent = Buffer.concat([...proxy.seen.chunksUp]).toString("latin1");
    const lines = sent.split("\r\n").filter((line) => / O\d+$/.test(line));
    return lines.map((line) => {
      const [command, , ...flags] = line.split(" ").slice(0, -1);
      const named = flags.filter((flag) => !/^\d/.test(flag));
      return [command, ...named.map((flag) => flag.replace(/^([CT])\d+$/, "$1"))].join(" ");
    });
  }

  it("asks one thing for a read, also of what is not there", async () => {
    const { key, record } = sampleSession(1);
    await store.create(key, record, { now });
    expect(await commandsOf(() => store.get(key))).toEqual(["mg v"]);
    expect(await commandsOf(() => store.get(sampleSession(2).key))).toEqual(["mg v"]);
  });

  it("asks one thing to create, and one more to replace", async () => {
    const [one, two] = [sampleSession(1), sampleSession(2)];
    const create = () => store.create(one.key, one.record, { now });
    expect(await commandsOf(create)).toEqual(["ms ME T"]);
    const replace = () => store.create(two.key, two.record, { now, replaces: one.key });
    expect(await commandsOf(replace)).toEqual(["ms ME T", "md"]);
  });

  it("asks two things to change, to renew, and to delete in one state only", async () => {
    const { key, record } = sampleSession(1);
    await store.create(key, record, { now });
    const put = () => store.put(key, { ...record, version: 2 });
    expect(await commandsOf(put)).toEqual(["mg v c", "ms C T"]);
    const idleExpiresAt = record.idleExpiresAt + MINUTE;
    expect(await commandsOf(() => store.touch(key, 2, idleExpiresAt))).toEqual([
      "mg v c",
      "ms C T",
    ]);
    expect(await commandsOf(() => store.touch(key, 2, idleExpiresAt))).toEqual(["mg v c"]);
    expect(await commandsOf(() => store.delete(key, { version: 2, idleExpiresAt }))).toEqual([
      "mg v c",
      "md C",
    ]);
    expect(await commandsOf(() => store.delete(key))).toEqual(["md"]);
  });

  it("tells the server when to drop a session, anew with each renewal and change", async () => {
    const ttlOf = async (key: string) => {
      const said = await say(server.port, `mg drop:${key} t\r\n`);
      return Number(/ t(-?\d+)/.exec(said)?.[1]);
    };
    const dropping = openStore(server.port, {}, "drop:");
    const { key, record } = sampleSession(1);
    const left = (instant: number) => Math.round((instant - Date.now()) / 1000) + 300;
    await dropping.create(key, record, { now });
    expect(Math.abs((await ttlOf(key)) - left(record.idleExpiresAt))).toBeLessThan(5);
    await dropping.touch(key, 1, record.idleExpiresAt + 10 * MINUTE);
    expect(Math.abs((await ttlOf(key)) - left(record.idleExpiresAt + 10 * MINUTE))).toBeLessThan(5);
    const tombstone = { ...record, version: 2, flags: 2, idleExpiresAt: now + MINUTE };
    await dropping.put(key, tombstone);
    expect(Math.abs((await ttlOf(key)) - left(now + MINUTE))).toBeLessThan(5);
  });

  it("answers each of many calls at once its own, over one connection", async () => {
    const sessions = Array.from({ length: 40 }, (_, n) => sampleSession(n));
    for (const { key, record } of sessions) await store.create(key, record, { now });
    proxy.forget();
    const read = await Promise.all(sessions.map(({ key }) => store.get(key)));
    expect(read.map((record) => record?.handle)).toEqual(
      sessions.map(({ record }) => record.handle),
    );
    expect(proxy.seen.connections).toBe(0);
  });

  it("changes a session though it is renewed in between, over and over", async () => {
    const { key, record } = sampleSession(1);
    await store.create(key, record, { now });
    const other = openStore(server.port, {}, "race:");
    const racing = openStore(server.port, {}, "race:");
    await racing.create(key, record, { now });
    let isOver = false;
    let deadline = record.idleExpiresAt;
    const renew = async () => {
      for (let version = 1; !isOver; ) {
        deadline += 1;
        if (!(await other.touch(key, version, deadline))) version += 1;
      }
    };
    const renewing = renew();
    for (let version = 2; version <= 100; version += 1) {
      expect(await racing.put(key, { ...record, version })).toBe(true);
    }
    isOver = true;
    await renewing;
    const after = (await racing.get(key)) as SessionRecord;
    expect(after.version).toBe(100);
    expect(after.idleExpiresAt).toBeGreaterThan(record.idleExpiresAt);
  });

  it("ends the replaced session also when it creates again what it had created", async () => {
    const [old, next] = [sampleSession(1), sampleSession(2)];
    await store.create(old.key, old.record, { now });
    // The answer to this one was lost, and the step after it never done.
    await store.create(next.key, next.record, { now });
    expect(await store.create(next.key, next.record, { now, replaces: old.key })).toBe("exists");
    expect(await store.get(old.key)).toBeUndefined();
  });

  it("reads nothing that somebody else keeps under its keys, and writes nothing over it", async () => {
    const foreign = openStore(server.port, {}, "foreign:");
    const { key, record } = sampleSession(1);
    await say(server.port, `set foreign:${key} 0 0 10\r\n{"a": "b"}\r\n`);
    const unreadable = { code: "HOLDFAST_STORE" };
    await expect(foreign.get(key)).rejects.toMatchObject(unreadable);
    await expect(foreign.put(key, { ...record, version: 2 })).rejects.toMatchObject(unreadable);
    await expect(foreign.touch(key, 1, now + MINUTE)).rejects.toMatchObject(unreadable);
    await expect(foreign.delete(key, { version: 1, idleExpiresAt: 1 })).rejects.toMatchObject(
      unreadable,
    );
    expect(await foreign.create(key, record, { now })).toBe("exists");
    expect(await say(server.port, `mg foreign:${key} v\r\n`, "}\r\n")).toContain('{"a": "b"}');
    expect(await foreign.delete(key)).toBe(true);
  });

  it("answers the server's clock", async () => {
    expect(Math.abs(((await store.clock?.()) ?? 0) - Date.now())).toBeLessThan(2500);
  });

  it("flushes what it owns, also while the server lists no items", async () => {
    const { key, record } = sampleSession(1);
    await store.create(key, record, { now });
    await say(server.port, "lru_crawler disable\r\n");
    expect(await store.deleteAll()).toBeGreaterThanOrEqual(1);
    await say(server.port, "lru_crawler enable\r\n");
    expect(await store.get(key)).toBeUndefined();
  });
});

describeWith("memcached", "memcachedStore and a server that forbids to flush", () => {
  watchProcess();

  it("says so, and ends no session", async () => {
    const server = await startMemcached({ args: ["-F"] });
    ending(() => server.stop());
    const store = openStore(server.port, { ownsServer: true });
    const { key, record } = sampleSession(1);
    await store.create(key, record, { now });
    await expect(store.deleteAll()).rejects.toThrow(/flush_all/);
    expect(await store.get(key)).toMatchObject({ version: 1 });
  });
});

describeWith("memcached", "memcachedStore and the size of a session", () => {
  let server: PrivateServer;
  beforeAll(async () => {
    server = await startMemcached();
  });
  afterAll(() => server?.stop());
  watchProcess();

  const large = { data: new Uint8Array(1_100_000).fill(7) };

  it("refuses one that is too large before the server drops what it has", async () => {
    const store = openStore(server.port);
    const { key, record } = sampleSession(1);
    await store.create(key, record, { now });
    const put = store.put(key, { ...record, ...large, version: 2 });
    await expect(put).rejects.toMatchObject({ code: "HOLDFAST_DATA" });
    expect(await store.get(key)).toMatchObject({ version: 1 });
    const other = sampleSession(2, large);
    await expect(store.create(other.key, other.record, { now })).rejects.toMatchObject({
      code: "HOLDFAST_DATA",
    });
  });

  it("takes the largest that it does not refuse", async () => {
    const store = openStore(server.port);
    let [fits, tooLarge] = [1_000_000, 1_100_000];
    let n = 0;
    while (tooLarge - fits > 1) {
      const length = (fits + tooLarge) >> 1;
      n += 1;
      const { key, record } = sampleSession(n, { data: new Uint8Array(length) });
      const created = await Promise.resolve(store.create(key, record, { now })).catch(String);
      if (created === "created") {
        expect(await store.get(key)).toMatchObject({ handle: record.handle });
        fits = length;
      } else {
        // Refused by the store itself, never by the server.
        expect(created).toContain('"maxItemBytes"');
        tooLarge = length;
      }
    }
    expect(fits).toBeGreaterThan(1_048_000);
  });

  it("says what to do where the server takes less than the store was told", async () => {
    const store = openStore(server.port, { maxItemBytes: 4_194_304 });
    const { key, record } = sampleSession(1, large);
    const created = store.create(key, record, { now });
    await expect(created).rejects.toMatchObject({
      code: "HOLDFAST_DATA",
      message: expect.stringContaining("-I"),
    });
    // The connection goes on: what was too large has not been taken for commands.
    expect(await store.get(key)).toBeUndefined();
  });
});

describeWith("memcached", "memcachedStore and a full server", () => {
  watchProcess();

  it("loses sessions one by one, and reports it once", async () => {
    const server = await startMemcached({ args: ["-m", "2"] });
    ending(() => server.stop());
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    ending(() => vi.useRealTimers());
    const store = openStore(server.port);
    const problems: StoreProblem[] = [];
    store.watch?.((problem) => problems.push(problem));
    const sessions = Array.from({ length: 300 }, (_, n) =>
      sampleSession(n, { data: new Uint8Array(20_000) }),
    );
    const [first] = sessions;
    expect((await store.clock?.()) ?? 0).toBeGreaterThan(0);
    expect(problems).toEqual([]);
    for (const { key, record } of sessions) {
      expect(await store.create(key, record, { now })).toBe("created");
    }
    const there = await Promise.all(sessions.map(({ key }) => store.get(key)));
    const lost = there.filter((record) => record === undefined).length;
    expect(lost).toBeGreaterThan(50);
    expect(lost).toBeLessThan(300);
    if (first !== undefined) {
      const renewed = { ...first.record, version: 2 };
      expect(await store.put(first.key, renewed), "an evicted session is back").toBe(false);
    }
    for (let looks = 0; looks < 3; looks += 1) {
      await vi.advanceTimersByTimeAsync(600_000);
      await expect.poll(() => problems, POLL).toHaveLength(1);
    }
    expect(problems).toMatchObject([{ problem: "evicts" }]);
  });

  it("fails a write that has no room, and goes on", async () => {
    const server = await startMemcached({ args: ["-m", "2", "-M"] });
    ending(() => server.stop());
    const store = openStore(server.port);
    const fill = async () => {
      for (let n = 0; n < 300; n += 1) {
        const { key, record } = sampleSession(n, { data: new Uint8Array(20_000) });
        await store.create(key, record, { now });
      }
    };
    await expect(fill()).rejects.toMatchObject({
      code: "HOLDFAST_STORE",
      message: expect.stringContaining("out of memory"),
    });
    expect(await store.get(sampleSession(0).key)).toMatchObject({ version: 1 });
  });
});

describeWith("memcached", "memcachedStore on a bad network", () => {
  let servers: readonly PrivateServer[] = [];
  let proxy: TcpProxy;
  beforeAll(async () => {
    servers = await startServers(2);
  });
  beforeEach(async () => {
    proxy = await startTcpProxy(servers[0]?.port ?? 0);
    ending(() => proxy.close());
  });
  afterAll(() => Promise.all(servers.map((server) => server.stop())));
  watchProcess();

  const { key, record } = sampleSession(1);

  for (const [how, harm] of [
    ["cut", () => proxy.cut()],
    ["half-closed", () => proxy.halfClose()],
  ] as const) {
    it(`rejects what was asked on a connection that is ${how}, and connects again`, async () => {
      const store = openStore(proxy.port);
      await store.create(key, record, { now });
      proxy.delay(200);
      const asked = Array.from({ length: 5 }, async () => store.get(key));
      const settled = Promise.allSettled(asked);
      await expect.poll(() => proxy.seen.chunksUp.length, POLL).toBeGreaterThan(1);
      harm();
      const results = await settled;
      expect(results.map(({ status }) => status)).toEqual(Array(5).fill("rejected"));
      proxy.heal();
      await vi.waitFor(
        async () => expect(await store.get(key)).toMatchObject({ version: 1 }),
        POLL,
      );
    });
  }

  it("rejects what a stalled server was asked, keeps nothing of it, and is back with it", async () => {
    const store = openStore(proxy.port, { timeoutSeconds: 0.3 });
    await store.create(key, record, { now });
    proxy.stall();
    const startedAt = performance.now();
    const results = await Promise.allSettled(
      Array.from({ length: 50 }, async () => store.get(key)),
    );
    expect(new Set(results.map(({ status }) => status))).toEqual(new Set(["rejected"]));
    expect(performance.now() - startedAt).toBeLessThan(1500);
    proxy.heal();
    await vi.waitFor(async () => expect(await store.get(key)).toMatchObject({ version: 1 }), POLL);
  });

  it("fails the keys of a server that is away, and no others: none moves", async () => {
    const away = await startTcpProxy(servers[1]?.port ?? 0);
    ending(() => away.close());
    const [here, gone] = [proxy.port, away.port].map((port) => ({ host: HOST, port }));
    const both = [here, gone].filter((server) => server !== undefined);
    const prefix = freshPrefix();
    const store = openStore(0, { servers: both }, prefix);
    const sessions = Array.from({ length: 40 }, (_, n) => sampleSession(n));
    for (const session of sessions) await store.create(session.key, session.record, { now });
    away.refuse();
    away.cut();
    const results = await Promise.allSettled(sessions.map(async (one) => store.get(one.key)));
    const failed = results.filter(({ status }) => status === "rejected").length;
    expect(failed).toBeGreaterThan(5);
    expect(failed).toBeLessThan(35);
    // What a server has is what only it answers, now and when it is back.
    const alone = openStore(0, { servers: both.slice(0, 1) }, prefix);
    const found = await Promise.all(sessions.map(async (one) => alone.get(one.key)));
    expect(found.filter((one) => one === undefined)).toHaveLength(failed);
    away.heal();
    await vi.waitFor(async () => {
      for (const one of sessions) expect(await store.get(one.key)).toMatchObject({ version: 1 });
    }, POLL);
  });
});

describeWith("memcached", "an application on Memcached", () => {
  let server: PrivateServer;
  beforeAll(async () => {
    server = await startMemcached();
  });
  afterAll(() => server?.stop());
  watchProcess();

  it("is not started with a limit of sessions that the store cannot count", () => {
    const store = openStore(server.port);
    expect(() => createSessions({ keyring: testKeyring(), store })).toThrow(
      /sessionsPerSubject.*"index"/s,
    );
  });

  /** A policy that asks for no index. */
  const unlimited = { policy: { sessionsPerSubject: 0 } };

  it("serves nobody's session when the server comes back empty, and no error", async () => {
    const app = await startApp(openStore(server.port), unlimited);
    const visitor = new Visitor(app);
    expect((await visitor.post("/count")).status).toBe(200);
    expect(await visitor.read()).toEqual({ subject: null, n: 1 });
    await server.kill();
    visitor.slowestMs = 0;
    expectAway(await visitor.ask("/read"), visitor);
    await server.start();
    await expectBack(visitor);
    expect(await visitor.read()).toEqual({ subject: null, n: 0 });
    expect((await visitor.post("/count")).status).toBe(200);
    expect(await visitor.read()).toEqual({ subject: null, n: 1 });
    expect(app.errors).toEqual([]);
  });

  it("answers 503 within the deadline while the server is stopped, and is back with it", async () => {
    const store = openStore(server.port, { timeoutSeconds: 1 });
    const app = await startApp(store, unlimited);
    const visitor = new Visitor(app);
    expect((await visitor.post("/count")).status).toBe(200);
    server.pause();
    visitor.slowestMs = 0;
    for (let n = 0; n < 3; n += 1) expectAway(await visitor.ask("/read"), visitor);
    await app.quiet();
    server.resume();
    await expectBack(visitor);
    expect(await visitor.read()).toEqual({ subject: null, n: 1 });
  });

  it("signs in, replaces and signs out, where nobody counts the sessions of an account", async () => {
    const store = openStore(server.port);
    const app = await startApp(store, unlimited);
    const visitor = await visitorOf(app, "alice");
    const before = visitor.at(app);
    expect((await visitor.post("/sign-in/alice")).status).toBe(200);
    expect((await visitor.read()).subject).toBe("alice");
    await expectGone(before);
    await expectGone(await ghostOf(app));
    expect((await visitor.read()).subject).toBe("alice");
    expect(app.errors).toEqual([]);
  });

  it("loses no write of many at once", async () => {
    const apps = [
      await startApp(openStore(server.port, {}, "many:"), unlimited),
      await startApp(openStore(server.port, {}, "many:"), unlimited),
    ] as const;
    const visitor = new Visitor(apps[0]);
    expect((await visitor.post("/count")).status).toBe(200);
    const twins = apps.map((app) => visitor.at(app));
    const posts = Array.from({ length: 30 }, (_, n) => twins[n % 2]?.post("/count"));
    for (const reply of await Promise.all(posts)) expect(reply?.status).toBe(200);
    expect((await visitor.read()).n).toBe(31);
  });
});
