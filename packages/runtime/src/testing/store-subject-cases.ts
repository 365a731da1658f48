/**
 * The contract of a subject's sessions: listed, removed together, and guarded by a checkpoint.
 * @module
 */
import assert from "node:assert/strict";
import type { SessionStore, StoredSession, StoreTraits, SubjectKey } from "../stores/store.ts";
import { sampleNow } from "./fake-clock.ts";
import { sampleSession, sampleSubject } from "./samples.ts";
import { assertRecord, type StoreCase, storeCase } from "./store-case.ts";

const now = sampleNow;
const alice = sampleSubject(0xa11c);
const bob = sampleSubject(0xb0b0);
const indexed = ({ index }: StoreTraits) => index;

const subjectCase = (title: string, run: (store: SessionStore) => Promise<void>): StoreCase =>
  storeCase(title, run, indexed);

async function createFor(
  store: SessionStore,
  subjectKey: SubjectKey | null,
  ...numbers: readonly number[]
): Promise<readonly StoredSession[]> {
  const created = numbers.map((n) => sampleSession(n, { subjectKey }));
  for (const { key, record } of created) {
    assert.equal(await store.create(key, record, { now }), "created");
  }
  return created;
}

async function assertListed(
  store: SessionStore,
  subjectKey: SubjectKey,
  expected: readonly StoredSession[],
): Promise<void> {
  const byKey = (a: { readonly key: string }, b: { readonly key: string }) =>
    a.key < b.key ? -1 : 1;
  const listed = [...(await store.listSubject(subjectKey))].sort(byKey);
  const sorted = [...expected].sort(byKey);
  assert.deepEqual(
    listed.map(({ key }) => key),
    sorted.map(({ key }) => key),
  );
  for (const [i, { record }] of sorted.entries()) assertRecord(listed[i]?.record, record);
}

const removedOf = (sessions: readonly StoredSession[]) =>
  sessions.map(({ key, record }) => `${key} ${record.handle}`).sort();

export const subjectCases: readonly StoreCase[] = [
  subjectCase("lists every session of the subject and no other", async (store) => {
    const hers = await createFor(store, alice, 1, 2, 3);
    await createFor(store, bob, 4);
    await createFor(store, null, 5);
    await assertListed(store, alice, hers);
    await assertListed(store, sampleSubject(0xcafe), []);
  }),
  storeCase(
    "lists a session past its deadlines too",
    async (store) => {
      const dead = sampleSession(1, { subjectKey: alice, idleExpiresAt: 2, absoluteExpiresAt: 3 });
      await store.create(dead.key, dead.record, { now });
      await assertListed(store, alice, [dead]);
    },
    ({ index, nativeExpiry }) => index && !nativeExpiry,
  ),
  subjectCase("lists a session as it was last written", async (store) => {
    const [{ key, record } = assert.fail()] = await createFor(store, alice, 1);
    const second = { ...record, version: 2, data: Uint8Array.of(9) };
    await store.put(key, second);
    const idleExpiresAt = record.idleExpiresAt + 1000;
    await store.touch(key, 2, idleExpiresAt);
    await assertListed(store, alice, [{ key, record: { ...second, idleExpiresAt } }]);
  }),
  subjectCase("lists a deleted session no more", async (store) => {
    const [gone = assert.fail(), kept = assert.fail()] = await createFor(store, alice, 1, 2);
    await store.delete(gone.key);
    await assertListed(store, alice, [kept]);
  }),
  subjectCase(
    "lists the session that replaced another, and not the replaced one",
    async (store) => {
      const [old = assert.fail()] = await createFor(store, alice, 1);
      const next = sampleSession(2, { subjectKey: alice });
      await store.create(next.key, next.record, { now, replaces: old.key });
      await assertListed(store, alice, [next]);
    },
  ),

  subjectCase("removes the subject's sessions and names them", async (store) => {
    const hers = await createFor(store, alice, 1, 2, 3);
    const [his = assert.fail()] = await createFor(store, bob, 4);
    const [anonymous = assert.fail()] = await createFor(store, null, 5);
    const removed = await store.deleteSubject(alice);
    assert.deepEqual(removed.map(({ key, handle }) => `${key} ${handle}`).sort(), removedOf(hers));
    for (const { key } of hers) assert.equal(await store.get(key), undefined);
    await assertListed(store, alice, []);
    await assertListed(store, bob, [his]);
    assertRecord(await store.get(anonymous.key), anonymous.record);
    assert.deepEqual(await store.deleteSubject(alice), []);
  }),
  subjectCase("keeps the one session that is excepted", async (store) => {
    const [first = assert.fail(), kept = assert.fail(), third = assert.fail()] = await createFor(
      store,
      alice,
      1,
      2,
      3,
    );
    const removed = await store.deleteSubject(alice, { except: kept.record.handle });
    assert.deepEqual(
      removed.map(({ key, handle }) => `${key} ${handle}`).sort(),
      removedOf([first, third]),
    );
    await assertListed(store, alice, [kept]);
    assertRecord(await store.get(kept.key), kept.record);
  }),
  subjectCase("excepts no session of a handle that is not the subject's", async (store) => {
    await createFor(store, alice, 1);
    const [his = assert.fail()] = await createFor(store, bob, 2);
    await store.deleteSubject(alice, { except: his.record.handle });
    await assertListed(store, alice, []);
  }),
  subjectCase(
    "brings no session back by put or touch after its subject's were removed",
    async (store) => {
      const [{ key, record } = assert.fail()] = await createFor(store, alice, 1);
      await store.deleteSubject(alice);
      assert.equal(await store.put(key, { ...record, version: 2 }), false);
      assert.equal(await store.touch(key, 1, record.idleExpiresAt + 1), false);
      assert.equal(await store.get(key), undefined);
      await assertListed(store, alice, []);
    },
  ),

  subjectCase("keeps a checkpoint until the subject's sessions are removed", async (store) => {
    const checkpoint = await store.checkpoint(alice, now);
    assert.equal(await store.checkpoint(alice, now + 1000), checkpoint);
    await createFor(store, alice, 1);
    assert.equal(await store.checkpoint(alice, now + 2000), checkpoint);
    await store.deleteSubject(bob);
    assert.equal(await store.checkpoint(alice, now + 3000), checkpoint);
    await store.deleteSubject(alice);
    assert.notEqual(await store.checkpoint(alice, now + 4000), checkpoint);
  }),
  subjectCase("draws checkpoints at random, at least 64 bits of them", async (store) => {
    const drawn = new Set<string>();
    for (let n = 0; n < 20; n += 1) {
      const checkpoint = await store.checkpoint(sampleSubject(n), now);
      assert.ok(checkpoint.length >= 8, "a checkpoint of so few characters can be guessed");
      drawn.add(checkpoint);
    }
    for (let n = 0; n < 20; n += 1) {
      await store.deleteSubject(alice);
      drawn.add(await store.checkpoint(alice, now));
    }
    assert.equal(drawn.size, 40);
  }),
  subjectCase("creates under the present checkpoint", async (store) => {
    const checkpoint = await store.checkpoint(alice, now);
    const signIn = sampleSession(1, { subjectKey: alice });
    assert.equal(await store.create(signIn.key, signIn.record, { now, checkpoint }), "created");
    const again = sampleSession(2, { subjectKey: alice });
    assert.equal(await store.create(again.key, again.record, { now, checkpoint }), "created");
    await assertListed(store, alice, [signIn, again]);
  }),
  ...(
    [
      ["another", undefined],
      ["an excepting", { except: "sample-handle-000009" }],
      ["a forgetting", { forget: true }],
    ] as const
  ).map(([which, options]) =>
    subjectCase(`refuses a sign-in that ${which} removal came before`, async (store) => {
      const { record: anonymous } = sampleSession(7);
      const old = { key: sampleSession(7, { subjectKey: alice }).key, record: anonymous };
      await store.create(old.key, old.record, { now });
      const checkpoint = await store.checkpoint(alice, now);
      await store.deleteSubject(alice, options);
      const signIn = sampleSession(1, { subjectKey: alice });
      const create = () =>
        store.create(signIn.key, signIn.record, { now, checkpoint, replaces: old.key });
      assert.equal(await create(), "revoked-meanwhile");
      await store.checkpoint(alice, now);
      assert.equal(await create(), "revoked-meanwhile", "refused only while there was none");
      assert.equal(await store.get(signIn.key), undefined);
      await assertListed(store, alice, []);
      assertRecord(await store.get(old.key), old.record, "what it would replace is gone");
    }),
  ),
  subjectCase(
    "refuses a checkpoint that was never drawn, or is another subject's",
    async (store) => {
      const his = await store.checkpoint(bob, now);
      const { key, record } = sampleSession(1, { subjectKey: alice });
      for (const checkpoint of ["", "made-up", his]) {
        assert.equal(await store.create(key, record, { now, checkpoint }), "revoked-meanwhile");
      }
      await store.checkpoint(alice, now);
      for (const checkpoint of ["", "made-up", his]) {
        assert.equal(await store.create(key, record, { now, checkpoint }), "revoked-meanwhile");
      }
      assert.equal(await store.get(key), undefined);
    },
  ),
  subjectCase("creates without a checkpoint, whatever the present one", async (store) => {
    await store.checkpoint(alice, now);
    await store.deleteSubject(alice);
    await assertListed(store, alice, await createFor(store, alice, 1));
  }),

  {
    title: "leaves no session outside the index when creating meets removing",
    needs: indexed,
    async run(harness) {
      const stores = [await harness.open(), await harness.open()] as const;
      for (let round = 0; round < 5; round += 1) {
        const checkpoint = await stores[0].checkpoint(alice, now);
        const signIns = Array.from({ length: 12 }, (_, i) =>
          sampleSession(round * 12 + i, { subjectKey: alice }),
        );
        const outcomes = new Map<string, string>();
        const signIn = async ({ key, record }: StoredSession, i: number) => {
          const options = i % 3 === 0 ? { now } : { now, checkpoint };
          outcomes.set(key, await (stores[i % 2] ?? stores[0]).create(key, record, options));
        };
        const remove = async () => stores[1].deleteSubject(alice);
        await Promise.all([
          ...signIns.slice(0, 6).map(signIn),
          remove(),
          ...signIns.slice(6).map((session, i) => signIn(session, i + 6)),
        ]);

        const listed = new Set((await stores[1].listSubject(alice)).map(({ key }) => key));
        for (const { key } of signIns) {
          const isThere = (await stores[0].get(key)) !== undefined;
          assert.equal(isThere, listed.has(key), "a session and the index differ");
          if (outcomes.get(key) === "revoked-meanwhile") assert.equal(isThere, false);
        }
        await stores[0].deleteSubject(alice);
        for (const { key } of signIns) assert.equal(await stores[1].get(key), undefined);
      }
    },
  },
];
