/**
 * Runs the public suite on every store, and then the suite itself on stores broken on purpose.
 * @module
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "libsql";
import { afterAll, describe, expect, it } from "vitest";
import { memoryStore } from "../src/stores/memory.ts";
import { type SqliteDatabase, sqliteStore } from "../src/stores/sqlite.ts";
import type { SessionStore } from "../src/stores/store.ts";
import { type StoreCase, type StoreHarness, storeCases } from "../src/testing/index.ts";

const folder = mkdtempSync(join(tmpdir(), "holdfast-stores-"));
let files = 0;
afterAll(() => rmSync(folder, { recursive: true }));

interface SqliteClient extends SqliteDatabase {
  close(): unknown;
}
type OpenClient = (path: string) => SqliteClient;

const openLibsql: OpenClient = (path) => new Database(path);

/** `node:sqlite` came with Node 22; the types in use here are those of Node 20. */
function nodeSqlite(): { readonly DatabaseSync: new (path: string) => SqliteClient } | undefined {
  const builtin: unknown = process.getBuiltinModule?.("node:sqlite");
  return builtin as ReturnType<typeof nodeSqlite>;
}

function memoryHarness(): StoreHarness {
  let store = memoryStore();
  return {
    open: () => store,
    reopen: () => {
      store = memoryStore();
      return store;
    },
  };
}

function sqliteFileHarness(openClient: OpenClient): StoreHarness {
  files += 1;
  const path = join(folder, `${files}.db`);
  let clients: SqliteClient[] = [];
  const open = () => {
    const client = openClient(path);
    clients.push(client);
    return sqliteStore(client);
  };
  return {
    open,
    reopen: () => {
      for (const client of clients) client.close();
      clients = [];
      return open();
    },
  };
}

function sqliteMemoryHarness(openClient: OpenClient): StoreHarness {
  const openStore = () => sqliteStore(openClient(":memory:"));
  const store = openStore();
  return { open: () => store, reopen: openStore };
}

const harnesses: [name: string, harness: () => StoreHarness][] = [
  ["memory", memoryHarness],
  ["sqlite, libsql, file", () => sqliteFileHarness(openLibsql)],
  ["sqlite, libsql, memory", () => sqliteMemoryHarness(openLibsql)],
];
const sqlite = nodeSqlite();
if (sqlite !== undefined) {
  const openNodeSqlite: OpenClient = (path) => new sqlite.DatabaseSync(path);
  harnesses.push(
    ["sqlite, node:sqlite, file", () => sqliteFileHarness(openNodeSqlite)],
    ["sqlite, node:sqlite, memory", () => sqliteMemoryHarness(openNodeSqlite)],
  );
}

for (const [name, harness] of harnesses) {
  const { traits } = await harness().open();
  describe(`store: ${name}`, () => {
    for (const { title, needs, run } of storeCases) {
      if (needs?.(traits) ?? true) it(title, () => run(harness()));
    }
  });
}

/** What a broken store does differently from the memory store that it wraps. */
type Fault = (inner: SessionStore) => Partial<SessionStore>;

const LATER = 10 ** 15;
const { traits } = memoryStore();

/** The memory store's own answers are values, never promises. */
const now = <T>(value: T): Awaited<T> => value as Awaited<T>;

const faults: Readonly<Record<string, Fault>> = {
  "put inserts what is not there": (inner) => ({
    put: (key, record) =>
      now(inner.get(key)) === undefined
        ? now(inner.create(key, record, { now: 0 })) === "created"
        : inner.put(key, record),
  }),
  "put replaces any version": (inner) => ({
    put(key, record) {
      const there = now(inner.get(key));
      if (there === undefined) return false;
      inner.delete(key);
      inner.create(key, record, { now: 0 });
      return true;
    },
  }),
  "put replaces older versions too": (inner) => ({
    put(key, record) {
      const there = now(inner.get(key));
      if (there === undefined || there.version >= record.version) return false;
      inner.delete(key);
      inner.create(key, record, { now: 0 });
      return true;
    },
  }),
  "put forgets a later idle deadline": (inner) => ({
    put(key, record) {
      if (now(inner.get(key))?.version !== record.version - 1) return false;
      inner.delete(key);
      inner.create(key, record, { now: 0 });
      return true;
    },
  }),
  "put raises a tombstone's deadline": (inner) => ({
    put: (key, record) =>
      now(inner.put(key, { ...record, flags: 0 })) && now(inner.get(key)) !== undefined,
  }),
  "put drops the oldest write id": (inner) => ({
    put: (key, record) => inner.put(key, { ...record, writeIds: record.writeIds.slice(0, 15) }),
  }),
  "touch lowers the deadline": (inner) => ({
    touch(key, version, idleExpiresAt) {
      const there = now(inner.get(key));
      if (there?.version !== version) return false;
      inner.delete(key);
      inner.create(key, { ...there, idleExpiresAt }, { now: 0 });
      return true;
    },
  }),
  "touch ignores the version": (inner) => ({
    touch(key, _version, idleExpiresAt) {
      const there = now(inner.get(key));
      return there !== undefined && inner.touch(key, there.version, idleExpiresAt);
    },
  }),
  "touch raises the version": (inner) => ({
    touch(key, version, idleExpiresAt) {
      const there = now(inner.get(key));
      if (there?.version !== version) return false;
      return inner.put(key, { ...there, version: version + 1, idleExpiresAt });
    },
  }),
  "touch does nothing": () => ({ touch: () => true }),
  "touch changes the record in place": (inner) => ({
    touch(key, version, idleExpiresAt) {
      const there = now(inner.get(key));
      if (there?.version !== version) return false;
      Object.assign(there, { idleExpiresAt: Math.max(there.idleExpiresAt, idleExpiresAt) });
      return true;
    },
  }),
  "create overwrites": (inner) => ({
    create(key, record, options) {
      inner.delete(key);
      return inner.create(key, record, options);
    },
  }),
  "create ignores the checkpoint": (inner) => ({
    create: (key, record, options) =>
      inner.create(key, record, { ...options, checkpoint: undefined }),
  }),
  "create accepts an absent checkpoint": (inner) => ({
    create(key, record, options) {
      const created = now(inner.create(key, record, options));
      const isAbsent = created === "revoked-meanwhile" && options.checkpoint === "made-up";
      return isAbsent ? inner.create(key, record, { now: options.now }) : created;
    },
  }),
  "create keeps what it replaces": (inner) => ({
    create: (key, record, options) =>
      inner.create(key, record, { ...options, replaces: undefined }),
  }),
  "create removes what it replaces before it is refused": (inner) => ({
    create(key, record, options) {
      if (options.replaces !== undefined) inner.delete(options.replaces);
      return inner.create(key, record, options);
    },
  }),
  "get hides dead records": (inner) => ({
    get(key) {
      const there = now(inner.get(key));
      return there !== undefined && there.absoluteExpiresAt > 1000 ? there : undefined;
    },
  }),
  "get reads the data as text": (inner) => ({
    get(key) {
      const there = now(inner.get(key));
      return there && { ...there, data: Buffer.from(Buffer.from(there.data).toString("utf8")) };
    },
  }),
  "get takes an empty successor for none": (inner) => ({
    get(key) {
      const there = now(inner.get(key));
      return there && { ...there, successor: there.successor?.length ? there.successor : null };
    },
  }),
  "delete ignores the state that is named": (inner) => ({ delete: (key) => inner.delete(key) }),
  "delete compares the version alone": (inner) => ({
    delete: (key, only) =>
      only === undefined || now(inner.get(key))?.version === only.version
        ? inner.delete(key)
        : false,
  }),
  "scan ends after the first page": (inner) => ({
    scan: (cursor, limit) => {
      const page = now(inner.scan?.(cursor, limit));
      return { sessions: page?.sessions.slice(0, limit) ?? [], next: undefined };
    },
  }),
  "delete always says true": (inner) => ({
    delete(key) {
      inner.delete(key);
      return true;
    },
  }),
  "delete does nothing": () => ({ delete: () => true }),
  "listSubject lists nothing": () => ({ listSubject: () => [] }),
  "listSubject hides the dead": (inner) => ({
    listSubject: (subjectKey) =>
      now(inner.listSubject(subjectKey)).filter(({ record }) => record.absoluteExpiresAt > 1000),
  }),
  "deleteSubject forgets the checkpoint": (inner) => ({
    deleteSubject(subjectKey, options) {
      const doomed = now(inner.listSubject(subjectKey)).filter(
        ({ record }) => record.handle !== options?.except,
      );
      for (const { key } of doomed) inner.delete(key);
      return doomed.map(({ key, record }) => ({ key, handle: record.handle }));
    },
  }),
  "deleteSubject keeps the checkpoint if it excepts a session": (inner) => ({
    deleteSubject: (subjectKey, options) =>
      options?.except === undefined ? inner.deleteSubject(subjectKey, options) : [],
  }),
  "deleteSubject ignores the exception": (inner) => ({
    deleteSubject: (subjectKey) => inner.deleteSubject(subjectKey),
  }),
  "deleteSubject removes everybody's": (inner) => ({
    deleteSubject(subjectKey, options) {
      const removed = inner.deleteSubject(subjectKey, options);
      inner.deleteAll();
      return removed;
    },
  }),
  "deleteSubject names nothing": (inner) => ({
    deleteSubject(subjectKey, options) {
      inner.deleteSubject(subjectKey, options);
      return [];
    },
  }),
  "deleteSubject only unlists": (inner) => ({
    deleteSubject(subjectKey, options) {
      const kept = now(inner.listSubject(subjectKey));
      const removed = inner.deleteSubject(subjectKey, options);
      for (const { key, record } of kept) {
        inner.create(key, { ...record, subjectKey: null }, { now: 0 });
      }
      return removed;
    },
  }),
  "checkpoint is the same for all": (inner) => ({
    checkpoint: (_subjectKey, at) => inner.checkpoint("0".repeat(64), at),
  }),
  "checkpoint changes with each call": (inner) => ({
    checkpoint(subjectKey, at) {
      const kept = now(inner.listSubject(subjectKey));
      inner.deleteSubject(subjectKey);
      for (const { key, record } of kept) inner.create(key, record, { now: at });
      return inner.checkpoint(subjectKey, at);
    },
  }),
  "sweep knows no delay": (inner) => ({
    sweep: (at, limit) => inner.sweep(at + 300_000, limit),
  }),
  "sweep waits too long": (inner) => ({ sweep: (at, limit) => inner.sweep(at - 60_000, limit) }),
  "sweep is never done": (inner) => ({
    sweep: (at, limit) => ({ ...now(inner.sweep(at, limit)), done: false }),
  }),
  "sweep is done too soon": (inner) => ({
    sweep: (at, limit) => ({ ...now(inner.sweep(at, limit)), done: true }),
  }),
  "sweep removes nothing": () => ({ sweep: () => ({ removed: 0, done: true }) }),
  "sweep ignores the limit": (inner) => ({ sweep: (at) => inner.sweep(at, LATER) }),
  "sweep removes the living": (inner) => ({ sweep: (_at, limit) => inner.sweep(LATER, limit) }),
  "sweep keeps checkpoints for ever": (inner) => ({
    sweep(at, limit) {
      const { removed, done } = now(inner.sweep(at - 3_600_000, limit));
      return { removed, done };
    },
  }),
  "deleteAll does nothing": () => ({ deleteAll: () => 0 }),
  "deleteAll keeps checkpoints": (inner) => ({
    deleteAll() {
      let removed = 0;
      for (const key of seen.get(inner) ?? []) if (now(inner.delete(key))) removed += 1;
      return removed;
    },
  }),
  "claims to be durable": () => ({ traits: { ...traits, durable: true } }),
  "claims to be shared on the machine": () => ({ traits: { ...traits, shared: "machine" } }),
  "claims to expire natively": () => ({ traits: { ...traits, nativeExpiry: true } }),
};

/** The keys that were ever created in a store, for the fault that needs them. */
const seen = new WeakMap<SessionStore, Set<string>>();

function remembering(): SessionStore {
  const inner = memoryStore();
  const keys = new Set<string>();
  const store: SessionStore = {
    ...inner,
    create(key, record, options) {
      keys.add(key);
      return inner.create(key, record, options);
    },
  };
  seen.set(store, keys);
  return store;
}

function brokenHarness(fault: Fault): StoreHarness {
  const openStore = (): SessionStore => {
    const inner = remembering();
    return { ...inner, ...fault(inner) };
  };
  const store = openStore();
  // A second process has a memory of its own, whatever the store claims.
  let opened = 0;
  return {
    open() {
      opened += 1;
      return opened === 1 || store.traits.shared === "process" ? store : openStore();
    },
    reopen: openStore,
  };
}

async function failing(makeHarness: () => StoreHarness, cases: readonly StoreCase[]) {
  const { traits: claimed } = await makeHarness().open();
  const titles: string[] = [];
  for (const { title, needs, run } of cases) {
    if (!(needs?.(claimed) ?? true)) continue;
    await run(makeHarness()).catch(() => titles.push(title));
  }
  return titles;
}

describe("the store suite", () => {
  it("passes a sound store through the wrapper that the faults use", async () => {
    expect(await failing(() => brokenHarness(() => ({})), storeCases)).toEqual([]);
  });

  for (const [name, fault] of Object.entries(faults)) {
    it(`fails a store: ${name}`, async () => {
      expect(await failing(() => brokenHarness(fault), storeCases)).not.toEqual([]);
    });
  }

  it("fails a store that claims durable revocation and brings a session back", async () => {
    const store = memoryStore();
    const forgetful: SessionStore = { ...store, delete: () => true };
    const harness = (): StoreHarness => ({ open: () => forgetful, reopen: () => store });
    const revocation = storeCases.filter(({ title }) => title.startsWith("revokes durably"));
    expect(revocation).toHaveLength(1);
    expect(await failing(harness, revocation)).toHaveLength(1);
  });

  it("has a title of its own for every case", () => {
    expect(new Set(storeCases.map(({ title }) => title)).size).toBe(storeCases.length);
  });
});
