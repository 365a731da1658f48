/**
 * The contract of upkeep, and one case per trait that fails where the claim is false.
 * @module
 */
import assert from "node:assert/strict";
import {
  CHECKPOINT_SECONDS,
  type SessionStore,
  type StoredSession,
  type StorePage,
  type StoreTraits,
  SWEEP_DELAY_SECONDS,
} from "../stores/store.ts";
import { sampleNow } from "./fake-clock.ts";
import { sampleSession, sampleSubject } from "./samples.ts";
import { assertRecord, type StoreCase, storeCase, sweepAll } from "./store-case.ts";

const now = sampleNow;
const alice = sampleSubject(0xa11c);
const SWEEP_DELAY_MS = SWEEP_DELAY_SECONDS * 1000;
const CHECKPOINT_MS = CHECKPOINT_SECONDS * 1000;

const swept = ({ nativeExpiry }: StoreTraits) => !nativeExpiry;
const sweptAndIndexed = ({ nativeExpiry, index }: StoreTraits) => !nativeExpiry && index;

async function createMany(
  store: SessionStore,
  from: number,
  count: number,
  idleExpiresAt: number,
): Promise<readonly StoredSession[]> {
  const sessions = Array.from({ length: count }, (_, i) => {
    const subjectKey = i % 3 === 0 ? null : sampleSubject(i % 100);
    return sampleSession(from + i, { subjectKey, idleExpiresAt });
  });
  for (const { key, record } of sessions) await store.create(key, record, { now });
  return sessions;
}

async function countThere(
  store: SessionStore,
  sessions: readonly StoredSession[],
): Promise<number> {
  let there = 0;
  for (const { key } of sessions) if ((await store.get(key)) !== undefined) there += 1;
  return there;
}

const sweepCases: readonly StoreCase[] = (
  [
    ["idle", { idleExpiresAt: now + 60_000 }],
    ["absolute", { absoluteExpiresAt: now + 60_000 }],
  ] as const
).map(([deadline, overrides]) =>
  storeCase(
    `sweeps a record when it is past its ${deadline} deadline by more than the delay, not before`,
    async (store) => {
      const { key, record } = sampleSession(1, overrides);
      await store.create(key, record, { now });
      const kept = await sweepAll(store, now + 60_000 + SWEEP_DELAY_MS);
      assert.equal(kept.removed, 0);
      assertRecord(await store.get(key), record);
      const gone = await sweepAll(store, now + 60_000 + SWEEP_DELAY_MS + 1);
      assert.equal(gone.removed, 1);
      assert.equal(await store.get(key), undefined);
    },
    swept,
  ),
);

export const upkeepCases: readonly StoreCase[] = [
  ...sweepCases,
  storeCase(
    "does not sweep what a touch or a put has kept alive, until that is past too",
    async (store) => {
      const idleExpiresAt = now + 60_000;
      const [touched, put] = [
        sampleSession(1, { idleExpiresAt }),
        sampleSession(2, { idleExpiresAt, subjectKey: alice }),
      ];
      await store.create(touched.key, touched.record, { now });
      await store.create(put.key, put.record, { now });
      await store.touch(touched.key, 1, idleExpiresAt + 60_000);
      await store.put(put.key, { ...put.record, version: 2, idleExpiresAt: now + 120_000 });
      assert.equal((await sweepAll(store, idleExpiresAt + SWEEP_DELAY_MS + 1)).removed, 0);
      assert.equal(await countThere(store, [touched, put]), 2);
      assert.equal((await sweepAll(store, now + 120_000 + SWEEP_DELAY_MS + 1)).removed, 2);
      assert.equal(await countThere(store, [touched, put]), 0);
    },
    swept,
  ),
  storeCase(
    "sweeps a tombstone by its own, earlier deadline",
    async (store) => {
      const { key, record } = sampleSession(1);
      await store.create(key, record, { now });
      await store.put(key, { ...record, version: 2, flags: 2, idleExpiresAt: now + 60_000 });
      assert.equal((await sweepAll(store, now + 60_001 + SWEEP_DELAY_MS)).removed, 1);
      assert.equal(await store.get(key), undefined);
    },
    swept,
  ),
  storeCase(
    "sweeps many dead records in bounded steps and calls, and keeps the living",
    async (store) => {
      const dead = await createMany(store, 0, 130, now + 60_000);
      const living = await createMany(store, 130, 30, now + 1_800_000);
      const at = now + 60_001 + SWEEP_DELAY_MS;
      const first = await store.sweep(at, 10);
      assert.ok(first.removed <= 20, `${first.removed} records were removed at a limit of 10`);
      assert.equal(first.done, false);
      const rest = await sweepAll(store, at, 10);
      assert.equal(first.removed + rest.removed, dead.length);
      // Twice the records there are: a store may go round once more, or take smaller steps.
      assert.ok(rest.calls <= 32, `it took ${rest.calls} calls to sweep 160 records by 10`);
      assert.equal(await countThere(store, dead), 0);
      assert.equal(await countThere(store, living), living.length);
    },
    swept,
  ),
  storeCase("has nothing to sweep in an empty store", async (store) => {
    assert.equal((await sweepAll(store, now)).removed, 0);
  }),
  storeCase(
    "lists a swept session no more",
    async (store) => {
      const { key, record } = sampleSession(1, { subjectKey: alice, idleExpiresAt: now });
      await store.create(key, record, { now });
      await sweepAll(store, now + SWEEP_DELAY_MS + 1);
      assert.deepEqual(await store.listSubject(alice), []);
      assert.deepEqual(await store.deleteSubject(alice), []);
    },
    sweptAndIndexed,
  ),
  storeCase(
    "keeps a checkpoint for an hour beyond its last use, and then sweeps it",
    async (store) => {
      const checkpoint = await store.checkpoint(alice, now);
      await sweepAll(store, now + CHECKPOINT_MS);
      const lastUsedAt = now + CHECKPOINT_MS;
      assert.equal(await store.checkpoint(alice, lastUsedAt), checkpoint);
      await sweepAll(store, lastUsedAt + CHECKPOINT_MS);
      const [one, two] = [1, 2].map((n) => sampleSession(n, { subjectKey: alice }));
      assert.ok(one && two);
      const at = { now: lastUsedAt, checkpoint };
      assert.equal(await store.create(one.key, one.record, at), "created");
      await sweepAll(store, lastUsedAt + CHECKPOINT_MS + 1);
      assert.equal(await store.create(two.key, two.record, at), "revoked-meanwhile");
    },
    sweptAndIndexed,
  ),

  storeCase("removes every session when all are deleted, and counts them", async (store) => {
    const sessions = await createMany(store, 0, 25, now + 1_800_000);
    assert.equal(await store.deleteAll(), 25);
    assert.equal(await countThere(store, sessions), 0);
    assert.equal(await store.deleteAll(), 0);
    const { key, record } = sampleSession(1);
    assert.equal(await store.put(key, { ...record, version: 2 }), false);
    assert.equal(await store.create(key, record, { now }), "created");
  }),
  storeCase(
    "removes indexes and checkpoints when all is deleted",
    async (store) => {
      const checkpoint = await store.checkpoint(alice, now);
      const { key, record } = sampleSession(1, { subjectKey: alice });
      await store.create(key, record, { now });
      await store.deleteAll();
      assert.deepEqual(await store.listSubject(alice), []);
      assert.equal(await store.create(key, record, { now, checkpoint }), "revoked-meanwhile");
    },
    ({ index }) => index,
  ),

  storeCase("answers every record, page by page, if it can be copied from", async (store) => {
    const sessions = await createMany(store, 0, 60, now + 1_800_000);
    if (store.scan === undefined) return;
    const found = new Map<string, StoredSession>();
    let cursor: string | undefined;
    let pages = 0;
    do {
      const page: StorePage = await store.scan(cursor, 7);
      for (const session of page.sessions) found.set(session.key, session);
      cursor = page.next;
      pages += 1;
      // What comes and goes meanwhile must not hide what stays.
      const passing = sampleSession(1000 + pages);
      await store.create(passing.key, passing.record, { now });
      if (pages > 1) await store.delete(sampleSession(999 + pages).key);
    } while (cursor !== undefined && pages < 1000);
    assert.ok(pages < 1000, "the scan came to no end");
    for (const { key, record } of sessions) assertRecord(found.get(key)?.record, record);
  }),
  storeCase("answers no record of an empty store, and an end", async (store) => {
    if (store.scan === undefined) return;
    let cursor: string | undefined;
    for (let pages = 0; pages < 1000; pages += 1) {
      const page: StorePage = await store.scan(cursor, 10);
      assert.deepEqual(page.sessions, []);
      cursor = page.next;
      if (cursor === undefined) return;
    }
    assert.fail("the scan came to no end");
  }),

  {
    title: "shows each handle what the other wrote",
    async run(harness) {
      const [one, two] = [await harness.open(), await harness.open()];
      const { key, record } = sampleSession(1);
      await one.create(key, record, { now });
      assertRecord(await two.get(key), record);
      const second = { ...record, version: 2 };
      assert.equal(await two.put(key, second), true);
      assertRecord(await one.get(key), second);
      assert.equal(await one.delete(key), true);
      assert.equal(await two.get(key), undefined);
    },
  },
  {
    title: "shows each handle the sessions and the checkpoint that the other made for a subject",
    needs: ({ index }) => index,
    async run(harness) {
      const [one, two] = [await harness.open(), await harness.open()];
      const checkpoint = await one.checkpoint(alice, now);
      assert.equal(await two.checkpoint(alice, now), checkpoint);
      const { key, record } = sampleSession(1, { subjectKey: alice });
      assert.equal(await two.create(key, record, { now, checkpoint }), "created");
      assert.equal((await one.listSubject(alice)).length, 1);
      assert.equal((await one.deleteSubject(alice)).length, 1);
      assert.equal(await two.create(key, record, { now, checkpoint }), "revoked-meanwhile");
    },
  },
  {
    title: "is durable: keeps sessions when the process ends",
    needs: ({ durable }) => durable,
    async run(harness) {
      const store = await harness.open();
      const [one, two] = [sampleSession(1), sampleSession(2, { subjectKey: alice })];
      await store.create(one.key, one.record, { now });
      await store.create(two.key, two.record, { now });
      const second = { ...one.record, version: 2, data: Uint8Array.of(9) };
      await store.put(one.key, second);
      const reopened = await harness.reopen();
      assertRecord(await reopened.get(one.key), second);
      assertRecord(await reopened.get(two.key), two.record);
    },
  },
  {
    title: "revokes durably: brings nothing back after a restart or a failover",
    needs: ({ revocation }) => revocation === "durable",
    async run(harness) {
      const store = await harness.open();
      const sessions = await createMany(store, 0, 4, now + 1_800_000);
      for (const { key, record } of sessions) {
        if (record.subjectKey === null) await store.delete(key);
        else if (store.traits.index) await store.deleteSubject(record.subjectKey);
        else await store.delete(key);
      }
      const after = await (harness.failover?.() ?? harness.reopen());
      assert.equal(await countThere(after, sessions), 0);
    },
  },
  storeCase(
    "expires natively: drops a record that is long dead, with nothing to sweep",
    async (store) => {
      const { key, record } = sampleSession(1, {
        createdAt: 1_000_000_000_000,
        idleExpiresAt: 1_000_000_060_000,
        absoluteExpiresAt: 1_000_000_120_000,
      });
      await store.create(key, record, { now: record.createdAt });
      assert.equal(await store.get(key), undefined);
      assert.deepEqual(await store.sweep(now, 100), { removed: 0, done: true });
    },
    ({ nativeExpiry }) => nativeExpiry,
  ),
];
