/**
 * The MongoDB store through the real driver, against a fake server: the whole suite of stores, what it sends, and
 * what it refuses.
 * @module
 */
import type { MongoClient } from "mongodb";
import { beforeAll, describe, expect, it } from "vitest";
import { type MongodbDatabase, mongodbIndexes, mongodbStore } from "../src/stores/mongodb.ts";
import type { SessionStore } from "../src/stores/store.ts";
import {
  type StoreHarness,
  sampleNow,
  sampleSession,
  sampleSubject,
  storeCases,
} from "../src/testing/index.ts";
import { mongodbSite } from "./support/mongodb.ts";
import { type Document, MongodbFakeError } from "./support/mongodb-documents.ts";

const now = sampleNow;
const alice = sampleSubject(0xa11c);
const site = mongodbSite();
const { connect, nextDatabase, commandsOf } = site;

describe("store: mongodb, against a fake", () => {
  let handles: readonly [MongoClient, MongoClient];
  beforeAll(() => {
    handles = [connect(), connect()];
  });

  function harness(): StoreHarness {
    const name = nextDatabase();
    let opened = 0;
    return {
      open() {
        opened += 1;
        return mongodbStore(handles[opened === 1 ? 0 : 1].db(name));
      },
      reopen: () => mongodbStore(connect().db(name)),
    };
  }

  const traits = mongodbStore({
    readPreference: { mode: "primary" },
    collection: () => ({}),
    command: async () => ({}),
  } as unknown as MongodbDatabase).traits;
  for (const { title, needs, run } of storeCases) {
    if (needs?.(traits) ?? true) it(title, () => run(harness()));
  }

  it("passes the suite's fields on to a driver that promotes nothing", async () => {
    const options = { promoteBuffers: false, promoteValues: false, useBigInt64: true } as const;
    const store = mongodbStore(connect().db(nextDatabase(), options));
    const { key, record } = sampleSession(1, { subjectKey: alice });
    await store.create(key, record, { now });
    expect(await store.get(key)).toMatchObject({ version: 1, idleExpiresAt: record.idleExpiresAt });
    expect(await store.listSubject(alice)).toHaveLength(1);
    await expect(store.checkpoint(alice, now)).resolves.toMatch(/^[\w-]{22}$/);
  });
});

describe("what the MongoDB store sends", () => {
  let store: SessionStore;
  const { key, record } = sampleSession(1, { subjectKey: alice });
  beforeAll(() => {
    // Weaker settings of the application's must not count.
    const client = connect({ writeConcern: { w: 0 }, readConcernLevel: "majority" });
    store = mongodbStore(client.db("sent"));
  });

  const insertPending = ["insert", "update", "update"];
  const everywhere = ["delete", "delete", "find", "delete"];
  const cases: readonly [string, () => unknown, readonly string[]][] = [
    ["a new session", () => store.create(key, record, { now }), ["insert"]],
    ["a read", () => store.get(key), ["find"]],
    ["a read of an unknown key", () => store.get(sampleSession(9).key), ["find"]],
    ["a versioned write", () => store.put(key, { ...record, version: 2 }), ["update"]],
    ["a renewal", () => store.touch(key, 2, record.idleExpiresAt + 1), ["update"]],
    ["a checkpoint", () => store.checkpoint(alice, now), ["findAndModify"]],
    ["signing out", () => store.delete(key), ["delete"]],
    ["removing all of nobody", () => store.deleteSubject(alice), everywhere],
  ];
  for (const [title, call, expected] of cases) {
    it(`is for ${title}: ${expected.join(", ")}`, async () => {
      expect(await commandsOf(call)).toEqual(expected);
    });
  }

  it("is for signing in under a checkpoint, replacing a session, one command more", async () => {
    const checkpoint = await store.checkpoint(alice, now);
    const old = sampleSession(2, { subjectKey: alice });
    await store.create(old.key, old.record, { now });
    const next = sampleSession(3, { subjectKey: alice });
    const options = { now, checkpoint, replaces: old.key };
    expect(await commandsOf(() => store.create(next.key, next.record, options))).toEqual([
      ...insertPending,
      "delete",
    ]);
  });

  it("is for signing out everywhere four commands, however many sessions", async () => {
    for (let n = 100; n < 350; n += 1) {
      const session = sampleSession(n, { subjectKey: alice });
      await store.create(session.key, session.record, { now });
    }
    const commands = await commandsOf(async () => {
      expect((await store.deleteSubject(alice)).length).toBeGreaterThanOrEqual(250);
    });
    expect(commands).toEqual(everywhere);
  });

  it("asks for a majority and the journal with each write, and reads from the primary", async () => {
    site.fake.commands.length = 0;
    const session = sampleSession(4, { subjectKey: alice });
    const checkpoint = await store.checkpoint(alice, now);
    await store.create(session.key, session.record, { now, checkpoint });
    await store.get(session.key);
    await store.put(session.key, { ...session.record, version: 2 });
    await store.deleteSubject(alice);
    await store.sweep(now, 10);
    await store.deleteAll();
    const reads = site.fake.commands.filter((command) => "find" in command);
    const writes = site.fake.commands.filter((command) => !("find" in command));
    expect(writes.length).toBeGreaterThanOrEqual(9);
    for (const { writeConcern } of writes) {
      expect(writeConcern).toEqual({ w: "majority", j: true, wtimeout: 5000 });
    }
    for (const { $readPreference, readConcern } of reads) {
      // The driver leaves out what is the server's default.
      expect([undefined, "primary"]).toContain(($readPreference as Document | undefined)?.mode);
      expect(readConcern).toEqual({ level: "local" });
    }
  });

  it("is nothing that tells a session's token, data or subject beside its boxes", async () => {
    site.fake.commands.length = 0;
    const session = sampleSession(5);
    await store.create(session.key, session.record, { now });
    const [document] = (site.fake.commands[0] as { readonly documents: readonly Document[] })
      .documents;
    expect(Object.keys(document ?? {}).sort()).toEqual(
      ["_id", "endsAt", "handle", "idleAt", "r", "sweepAt", "v"].sort(),
    );
  });
});

describe("mongodbStore", () => {
  it("refuses what is no Db, an unknown option and a name that is not plain", () => {
    const client = connect();
    const refused: readonly [() => unknown, RegExp][] = [
      [() => mongodbStore(client as unknown as MongodbDatabase), /"db" must be a Db/],
      [() => mongodbStore(undefined as unknown as MongodbDatabase), /"db" must be a Db/],
      [() => mongodbStore(client.db("a"), { table: "b" } as object), /"table" is not an option/],
      [() => mongodbStore(client.db("a"), { collection: "system.users" }), /"collection" must/],
      [() => mongodbStore(client.db("a"), { collection: "" }), /"collection" must/],
    ];
    for (const [call, message] of refused) expect(call).toThrow(message);
  });

  for (const mode of ["primaryPreferred", "secondary", "secondaryPreferred", "nearest"] as const) {
    it(`refuses a Db with the read preference ${mode}`, async () => {
      const client = connect({ readPreference: mode });
      expect(() => mongodbStore(client.db("a"))).toThrow(/"db" reads from secondaries/);
      await expect(mongodbIndexes(client.db("a"))).rejects.toThrow(/"db" reads from secondaries/);
      const db = client.db("a", { readPreference: "primary" });
      expect(mongodbStore(db).name).toBe("mongodb");
    });
  }

  it("says that a document is not its own, and quotes nothing of it", async () => {
    const db = connect().db(nextDatabase());
    const { key } = sampleSession(1);
    const _id = Buffer.from(key, "hex") as never;
    await db.collection("holdfast_sessions").insertOne({ _id, v: 1, r: "secret" });
    await expect(mongodbStore(db).get(key)).rejects.toMatchObject({
      code: "HOLDFAST_STORE",
      message: expect.not.stringContaining("secret"),
    });
  });

  it("leaves a document that a crash left pending for nobody to see, and sweeps it", async () => {
    const db = connect().db(nextDatabase());
    const store = mongodbStore(db);
    const { key, record } = sampleSession(1, { subjectKey: alice });
    site.fake.failing.set("update", new MongodbFakeError(91, "ShutdownInProgress", "no"));
    const checkpoint = await store.checkpoint(alice, now);
    await expect(store.create(key, record, { now, checkpoint })).rejects.toThrow("no");
    site.fake.failing.delete("update");
    expect(await store.get(key)).toBeUndefined();
    expect(await store.listSubject(alice)).toEqual([]);
    expect(await store.delete(key)).toBe(false);
    expect(await store.put(key, { ...record, version: 2 })).toBe(false);
    expect(await store.put(key, record)).toBe(false);
    expect(await store.touch(key, 1, record.idleExpiresAt + 1)).toBe(false);
    expect(await store.scan?.(undefined, 10)).toEqual({ sessions: [], next: undefined });
    expect(await store.create(key, record, { now, checkpoint })).toBe("exists");
    const stored = () => db.collection("holdfast_sessions").find({}).toArray();
    await store.sweep(now + 300_000, 10);
    expect(await stored()).toHaveLength(1);
    expect(await store.sweep(now + 300_001, 10)).toEqual({ removed: 0, done: true });
    expect(await stored()).toEqual([]);
  });

  it("answers the server's clock", async () => {
    const before = Date.now();
    const theirs = await mongodbStore(connect().db("a")).clock?.();
    expect(theirs).toBeGreaterThanOrEqual(before);
    expect(theirs).toBeLessThanOrEqual(Date.now());
  });
});
