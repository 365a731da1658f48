/**
 * The contract of one record: stored exactly, replaced by version, never brought back.
 * @module
 */
import assert from "node:assert/strict";
import { recordFlags, type SessionRecord } from "../stores/store.ts";
import { sampleNow } from "./fake-clock.ts";
import { sampleRecord, sampleSession, sampleSubject } from "./samples.ts";
import { assertRecord, type StoreCase, storeCase } from "./store-case.ts";

const now = sampleNow;
const MINUTE = 60_000;

/** Every byte value, in an order that no text encoding survives. */
const everyByte = Uint8Array.from({ length: 256 }, (_, i) => (i * 167) & 0xff);
const hashOf = (n: number) => new Uint8Array(32).fill(n).fill(0xff, 16);

const fullest: Partial<SessionRecord> = {
  subjectKey: sampleSubject(0xfffe),
  secretHash: hashOf(0),
  confirmedAt: now + 1,
  presentedAt: now + 2,
  retired: [
    { hash: hashOf(1), kind: "graceful", retiredAt: now + 3, until: null },
    { hash: hashOf(2), kind: "graceful", retiredAt: now + 4, until: now + 5 },
    { hash: hashOf(3), kind: "dead", retiredAt: now + 6, until: now + 6 },
    { hash: hashOf(255), kind: "dead", retiredAt: now + 7, until: null },
  ],
  successor: everyByte,
  flags: recordFlags.rotationDue | recordFlags.tombstone,
  writeIds: Array.from({ length: 16 }, (_, i) => `${i.toString(16)}00fedcba987654f`),
  meta: everyByte.subarray(1),
  data: everyByte,
};

const shapes: readonly (readonly [string, Partial<SessionRecord>])[] = [
  ["with every field filled", fullest],
  ["with every optional field null or empty", { writeIds: [] }],
  ["with boxes of no bytes", { meta: new Uint8Array(0), data: new Uint8Array(0) }],
  ["with an empty successor, which is not an absent one", { successor: new Uint8Array(0) }],
  ["with 255 bytes of data", { data: everyByte.subarray(0, 255) }],
  ["with 70000 bytes of data", { data: new Uint8Array(70_000).fill(0x9c) }],
  ["of a newer format", { format: 2 }],
];

const roundTrips: readonly StoreCase[] = shapes.flatMap(([shape, overrides]) => [
  storeCase(`returns a created record ${shape}, byte for byte`, async (store) => {
    const { key, record } = sampleSession(1, overrides);
    assert.equal(await store.create(key, record, { now }), "created");
    assertRecord(await store.get(key), record);
  }),
  storeCase(`returns a replaced record ${shape}, byte for byte`, async (store) => {
    const { subjectKey = null } = overrides;
    const { key, record } = sampleSession(1, { subjectKey });
    await store.create(key, record, { now });
    const next = { ...record, ...overrides, version: 2 };
    assert.equal(await store.put(key, next), true);
    assertRecord(await store.get(key), next);
  }),
]);

export const recordCases: readonly StoreCase[] = [
  storeCase("answers undefined for an unknown key", async (store) => {
    const { key, record } = sampleSession(1);
    await store.create(key, record, { now });
    assert.equal(await store.get(sampleSession(2).key), undefined);
  }),
  ...roundTrips,
  storeCase("keeps a record apart from its neighbour in the same bucket", async (store) => {
    const [one, two] = [sampleSession(1), sampleSession(2, { data: Uint8Array.of(9) })];
    await store.create(one.key, one.record, { now });
    await store.create(two.key, two.record, { now });
    await store.put(one.key, { ...one.record, version: 2 });
    assertRecord(await store.get(two.key), two.record);
  }),
  storeCase(
    "returns a record past its deadlines: judging it is not the store's affair",
    async (store) => {
      const { key, record } = sampleSession(1, { idleExpiresAt: 2, absoluteExpiresAt: 3 });
      await store.create(key, record, { now });
      assertRecord(await store.get(key), record);
    },
    ({ nativeExpiry }) => !nativeExpiry,
  ),
  storeCase("does not create over a record that is there", async (store) => {
    const { key, record } = sampleSession(1);
    await store.create(key, record, { now });
    const other = sampleRecord({ handle: "another-handle-00000", data: Uint8Array.of(9) });
    assert.equal(await store.create(key, other, { now }), "exists");
    assertRecord(await store.get(key), record);
  }),
  storeCase("leaves a record that was read as it was, whatever is written later", async (store) => {
    const { key, record } = sampleSession(1);
    await store.create(key, record, { now });
    const read = await store.get(key);
    const asItWas = structuredClone(record);
    await store.touch(key, 1, record.idleExpiresAt + MINUTE);
    assertRecord(read, asItWas);
    await store.put(key, { ...record, version: 2, idleExpiresAt: now, data: Uint8Array.of(9) });
    assertRecord(read, asItWas);
  }),

  storeCase("puts nothing over any version but the one before", async (store) => {
    const { key, record } = sampleSession(1);
    await store.create(key, record, { now });
    await store.put(key, { ...record, version: 2 });
    const third = { ...record, version: 3, data: Uint8Array.of(3) };
    await store.put(key, third);
    for (const version of [1, 2, 3, 5, 6]) {
      const put = await store.put(key, { ...record, version, data: Uint8Array.of(9) });
      assert.equal(put, false, `version ${version} was put over version 3`);
      assertRecord(await store.get(key), third);
    }
  }),
  storeCase("does not bring a deleted session back by put or touch", async (store) => {
    const { key, record } = sampleSession(1);
    await store.create(key, record, { now });
    assert.equal(await store.delete(key), true);
    assert.equal(await store.put(key, { ...record, version: 2 }), false);
    assert.equal(await store.put(key, record), false);
    assert.equal(await store.touch(key, 1, record.idleExpiresAt + MINUTE), false);
    assert.equal(await store.get(key), undefined);
  }),
  storeCase("keeps the later idle deadline in a put", async (store) => {
    const { key, record } = sampleSession(1);
    await store.create(key, record, { now });
    const { idleExpiresAt } = record;
    const earlier = { ...record, version: 2, idleExpiresAt: idleExpiresAt - MINUTE };
    await store.put(key, earlier);
    assertRecord(await store.get(key), { ...earlier, idleExpiresAt });
    const later = { ...record, version: 3, idleExpiresAt: idleExpiresAt + MINUTE };
    await store.put(key, later);
    assertRecord(await store.get(key), later);
  }),
  storeCase("lets a tombstone keep its own, earlier idle deadline", async (store) => {
    const { key, record } = sampleSession(1);
    await store.create(key, record, { now });
    const idleExpiresAt = record.idleExpiresAt - MINUTE;
    const tombstone = { ...record, version: 2, idleExpiresAt, flags: recordFlags.tombstone };
    await store.put(key, tombstone);
    assertRecord(await store.get(key), tombstone);
  }),

  storeCase("raises the idle deadline by touch, and changes nothing else", async (store) => {
    const { key, record } = sampleSession(1, fullest);
    await store.create(key, record, { now });
    const idleExpiresAt = record.idleExpiresAt + MINUTE;
    assert.equal(await store.touch(key, 1, idleExpiresAt), true);
    assertRecord(await store.get(key), { ...record, idleExpiresAt });
  }),
  storeCase("does not lower the idle deadline by touch", async (store) => {
    const { key, record } = sampleSession(1);
    await store.create(key, record, { now });
    assert.equal(await store.touch(key, 1, record.idleExpiresAt - MINUTE), true);
    assertRecord(await store.get(key), record);
  }),
  storeCase("touches no other version", async (store) => {
    const { key, record } = sampleSession(1);
    await store.create(key, record, { now });
    const second = { ...record, version: 2 };
    await store.put(key, second);
    for (const version of [1, 3]) {
      assert.equal(await store.touch(key, version, record.idleExpiresAt + MINUTE), false);
    }
    assertRecord(await store.get(key), second);
  }),
  storeCase("touches no unknown key, and creates nothing by it", async (store) => {
    const { key, record } = sampleSession(1);
    assert.equal(await store.touch(key, 1, record.idleExpiresAt), false);
    assert.equal(await store.put(key, { ...record, version: 2 }), false);
    assert.equal(await store.get(key), undefined);
  }),

  storeCase("deletes one record, and says whether it was there", async (store) => {
    const [one, two] = [sampleSession(1), sampleSession(2)];
    await store.create(one.key, one.record, { now });
    await store.create(two.key, two.record, { now });
    assert.equal(await store.delete(one.key), true);
    assert.equal(await store.delete(one.key), false);
    assert.equal(await store.get(one.key), undefined);
    assertRecord(await store.get(two.key), two.record);
  }),
  storeCase("takes a record at the version that it has elsewhere", async (store) => {
    const { key, record } = sampleSession(1, { version: 2 ** 47 });
    assert.equal(await store.create(key, record, { now }), "created");
    assertRecord(await store.get(key), record);
    const idleExpiresAt = record.idleExpiresAt + 1000;
    assert.equal(await store.touch(key, 2 ** 47, idleExpiresAt), true);
    const next = { ...record, version: 2 ** 47 + 1, data: Uint8Array.of(9) };
    assert.equal(await store.put(key, { ...next, version: 2 }), false);
    assert.equal(await store.put(key, next), true);
    assertRecord(await store.get(key), { ...next, idleExpiresAt });
  }),
  storeCase("deletes a record only in the state that is named", async (store) => {
    const { key, record } = sampleSession(1);
    await store.create(key, record, { now });
    const { version, idleExpiresAt } = record;
    assert.equal(await store.delete(key, { version: 2, idleExpiresAt }), false);
    assert.equal(await store.delete(key, { version, idleExpiresAt: idleExpiresAt - 1 }), false);
    await store.touch(key, version, idleExpiresAt + 1);
    assert.equal(await store.delete(key, { version, idleExpiresAt }), false);
    assertRecord(await store.get(key), { ...record, idleExpiresAt: idleExpiresAt + 1 });
    assert.equal(await store.delete(key, { version, idleExpiresAt: idleExpiresAt + 1 }), true);
    assert.equal(await store.get(key), undefined);
    assert.equal(await store.delete(key, { version, idleExpiresAt: idleExpiresAt + 1 }), false);
  }),
  storeCase("takes a key again after it was deleted", async (store) => {
    const { key, record } = sampleSession(1);
    await store.create(key, record, { now });
    await store.delete(key);
    assert.equal(await store.create(key, record, { now }), "created");
    assertRecord(await store.get(key), record);
  }),

  storeCase("removes the session that a new one replaces", async (store) => {
    const [old, next] = [sampleSession(1), sampleSession(2)];
    await store.create(old.key, old.record, { now });
    assert.equal(await store.create(next.key, next.record, { now, replaces: old.key }), "created");
    assert.equal(await store.get(old.key), undefined);
    assertRecord(await store.get(next.key), next.record);
  }),
  storeCase("creates though the session to replace is gone", async (store) => {
    const [old, next] = [sampleSession(1), sampleSession(2)];
    assert.equal(await store.create(next.key, next.record, { now, replaces: old.key }), "created");
    assertRecord(await store.get(next.key), next.record);
  }),
  storeCase("replaces nothing if the new key is taken", async (store) => {
    const [old, taken] = [sampleSession(1), sampleSession(2)];
    await store.create(old.key, old.record, { now });
    await store.create(taken.key, taken.record, { now });
    assert.equal(await store.create(taken.key, old.record, { now, replaces: old.key }), "exists");
    assertRecord(await store.get(old.key), old.record);
    assertRecord(await store.get(taken.key), taken.record);
  }),

  {
    title: "lets exactly one of 50 parallel puts of one version win",
    async run(harness) {
      const stores = [await harness.open(), await harness.open()] as const;
      const { key, record } = sampleSession(1);
      await stores[0].create(key, record, { now });
      const rivals = Array.from({ length: 50 }, (_, i) => ({
        ...record,
        version: 2,
        data: Uint8Array.of(i),
      }));
      const put = async (rival: SessionRecord, i: number) =>
        (stores[i % 2] ?? stores[0]).put(key, rival);
      const won = await Promise.all(rivals.map(put));
      assert.equal(won.filter(Boolean).length, 1);
      const winner = rivals[won.indexOf(true)];
      assert.ok(winner !== undefined);
      assertRecord(await stores[1].get(key), winner);
    },
  },
  {
    title: "lets exactly one of 20 parallel creates of one key win",
    async run(harness) {
      const stores = [await harness.open(), await harness.open()] as const;
      const { key, record } = sampleSession(1);
      const create = async (_: unknown, i: number) =>
        (stores[i % 2] ?? stores[0]).create(key, record, { now });
      const outcomes = await Promise.all(Array.from({ length: 20 }, create));
      assert.equal(outcomes.filter((outcome) => outcome === "created").length, 1);
      assert.equal(outcomes.filter((outcome) => outcome === "exists").length, 19);
    },
  },
  {
    title: "loses none of 40 increments that read again when they conflict",
    async run(harness) {
      const stores = [await harness.open(), await harness.open()] as const;
      const { key, record } = sampleSession(1, { data: Uint8Array.of(0) });
      await stores[0].create(key, record, { now });
      const increment = async (_: unknown, i: number) => {
        const store = stores[i % 2] ?? stores[0];
        // Each failed attempt means that another one won, so 40 are enough.
        for (let attempt = 1; ; attempt += 1) {
          assert.ok(attempt <= 40, "a put was refused though nobody else had put");
          const read = await store.get(key);
          assert.ok(read !== undefined);
          const data = Uint8Array.of((read.data[0] ?? 0) + 1);
          if (await store.put(key, { ...read, version: read.version + 1, data })) return;
        }
      };
      await Promise.all(Array.from({ length: 40 }, increment));
      assertRecord(await stores[0].get(key), { ...record, version: 41, data: Uint8Array.of(40) });
    },
  },
];
