/**
 * The MongoDB store while its server is set up wrongly, confirms nothing, loses connections, goes and comes back.
 * Through the real driver, against a fake server.
 * @module
 */
import { MongoClient } from "mongodb";
import { beforeAll, describe, expect, it } from "vitest";
import { mongodbIndexes, mongodbStore } from "../src/stores/mongodb.ts";
import type { SessionStore, StoreProblem } from "../src/stores/store.ts";
import { sampleNow, sampleSession, sampleSubject } from "../src/testing/index.ts";
import { mongodbSite } from "./support/mongodb.ts";
import { MongodbFakeError } from "./support/mongodb-documents.ts";
import { startMongodbFake } from "./support/mongodb-fake.ts";

const now = sampleNow;
const alice = sampleSubject(0xa11c);
const site = mongodbSite();
const { connect, nextDatabase, commandsOf } = site;

describe("what the MongoDB store reports of its server", () => {
  const problemsOf = (store: SessionStore) => {
    const problems: StoreProblem[] = [];
    store.watch?.((problem) => problems.push(problem));
    return problems;
  };

  it("is missing indexes, and nothing once they are made", async () => {
    const db = connect().db(nextDatabase());
    const problems = problemsOf(mongodbStore(db));
    await expect.poll(() => problems.map(({ problem }) => problem)).toEqual(["schema"]);
    await mongodbIndexes(db);
    await mongodbIndexes(db);
    const commands = await commandsOf(async () => {
      const none = problemsOf(mongodbStore(db));
      await expect.poll(() => site.fake.commands.length).toBe(2);
      await db.command({ ping: 1 });
      expect(none).toEqual([]);
    });
    expect(commands).toEqual(["listIndexes", "listIndexes"]);
  });

  it("is that it may not look", async () => {
    site.fake.failing.set("listIndexes", new MongodbFakeError(13, "Unauthorized", "no"));
    const problems = problemsOf(mongodbStore(connect().db(nextDatabase())));
    await expect.poll(() => problems.map(({ problem }) => problem)).toEqual(["unverified"]);
    site.fake.failing.clear();
  });

  it("is a secondary that it is connected to directly", async () => {
    const secondary = await startMongodbFake();
    secondary.role = "secondary";
    const url = `mongodb://127.0.0.1:${secondary.port}/?directConnection=true`;
    const client = new MongoClient(url);
    const problems = problemsOf(mongodbStore(client.db("a")));
    await expect.poll(() => problems.map(({ problem }) => problem)).toEqual(["read-only"]);
    await client.close();
    await secondary.close();
  });

  it("waits for a later sweep if the server is away at first", async () => {
    const away = await startMongodbFake();
    // A client of the driver whose first connection fails stays closed until it is connected again.
    const client = await connect({ serverSelectionTimeoutMS: 100 }, away).connect();
    away.away();
    const store = mongodbStore(client.db("a"));
    const problems = problemsOf(store);
    await expect(Promise.resolve(store.get(sampleSession(1).key))).rejects.toThrow();
    expect(problems).toEqual([]);
    await away.back();
    await expect.poll(async () => (await store.sweep(now, 10)).done).toBe(true);
    await expect.poll(() => problems.length).toBe(1);
    await client.close();
    await away.close();
  });
});

describe("the MongoDB store while no majority confirms", () => {
  const { key, record } = sampleSession(1, { subjectKey: alice });
  const other = sampleSession(2, { subjectKey: alice });
  const writes: readonly [string, (store: SessionStore) => unknown][] = [
    ["create", (store) => store.create(other.key, other.record, { now })],
    ["put", (store) => store.put(key, { ...record, version: 2 })],
    ["touch", (store) => store.touch(key, 1, record.idleExpiresAt + 1)],
    ["delete", (store) => store.delete(key)],
    ["deleteSubject", (store) => store.deleteSubject(alice)],
    ["checkpoint", (store) => store.checkpoint(alice, now)],
    ["deleteAll", (store) => store.deleteAll()],
    ["sweep", (store) => store.sweep(record.absoluteExpiresAt + 300_001, 10)],
  ];
  for (const [operation, call] of writes) {
    it(`does not claim that ${operation} happened`, async () => {
      const store = mongodbStore(connect().db(nextDatabase()));
      await store.create(key, record, { now });
      site.fake.unconfirmed = true;
      const outcome = Promise.resolve(call(store));
      await outcome.catch(() => {});
      site.fake.unconfirmed = false;
      await expect(outcome).rejects.toMatchObject({ code: 64 });
    });
  }

  it("still reads", async () => {
    const store = mongodbStore(connect().db(nextDatabase()));
    await store.create(key, record, { now });
    site.fake.unconfirmed = true;
    expect((await store.get(key))?.handle).toBe(record.handle);
    expect(await store.listSubject(alice)).toHaveLength(1);
    site.fake.unconfirmed = false;
  });
});

describe("the MongoDB store while connections break", () => {
  const cut: readonly [string, string, (store: SessionStore) => unknown, unknown][] = [
    ["insert", "create", (store) => store.create(one.key, one.record, { now }), "created"],
    ["update", "put", (store) => store.put(one.key, { ...one.record, version: 2 }), true],
    ["delete", "delete", (store) => store.delete(one.key), true],
  ];
  const one = sampleSession(1);
  let store: SessionStore;
  beforeAll(() => {
    store = mongodbStore(connect().db(nextDatabase()));
  });

  for (const [command, operation, call, expected] of cut) {
    it(`answers ${operation} as it was, though the answer was lost`, async () => {
      site.fake.cutAfter(command);
      const commands = await commandsOf(async () => expect(await call(store)).toBe(expected));
      expect(commands).toEqual([command, command]);
    });
  }

  it("rejects what is under way when the server goes for good, and serves when it is back", async () => {
    const unhandled: unknown[] = [];
    const listener = (reason: unknown) => void unhandled.push(reason);
    process.on("unhandledRejection", listener);
    const server = await startMongodbFake();
    const client = connect({ serverSelectionTimeoutMS: 100 }, server);
    const db = client.db("a");
    const there = mongodbStore(db);
    const session = sampleSession(2, { subjectKey: alice });
    const checkpoint = await there.checkpoint(alice, now);
    await there.create(session.key, session.record, { now });
    const calls = Array.from({ length: 20 }, (_, n) => {
      const { key, record } = sampleSession(10 + n, { subjectKey: alice });
      return [there.get(session.key), there.create(key, record, { now, checkpoint })];
    }).flat();
    server.away();
    const outcomes = await Promise.allSettled(calls);
    expect(outcomes.some(({ status }) => status === "rejected")).toBe(true);
    await expect(Promise.resolve(there.deleteSubject(alice))).rejects.toThrow();
    await server.back();
    await expect
      .poll(
        async () => (await Promise.resolve(there.get(session.key)).catch(() => undefined))?.handle,
      )
      .toBe(session.record.handle);
    const created = outcomes.filter(
      (each) => each.status === "fulfilled" && each.value === "created",
    );
    expect((await there.listSubject(alice)).length).toBeGreaterThan(created.length);
    await there.deleteSubject(alice);
    expect(await db.collection("holdfast_sessions").find({}).toArray()).toEqual([]);
    process.off("unhandledRejection", listener);
    expect(unhandled).toEqual([]);
    await client.close();
    await server.close();
  });
});
