/**
 * Signing in while the subject's sessions are ended, in every order of the commands that the MongoDB store sends,
 * with a crash before any of them: what a removal ended stays ended, and no sign-in slips through it.
 * @module
 */
import { MongoClient } from "mongodb";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type MongodbDatabase, mongodbStore } from "../src/stores/mongodb.ts";
import {
  type CreateOptions,
  recordFlags,
  type SessionStore,
  type StoredSession,
} from "../src/stores/store.ts";
import { sampleNow, sampleSession, sampleSubject } from "../src/testing/index.ts";
import { type MongodbFake, startMongodbFake } from "./support/mongodb-fake.ts";
import { type Choose, everySchedule, ScheduledProcess } from "./support/mongodb-schedule.ts";

const now = sampleNow;
const ada = sampleSubject(0xada0);
const bob = sampleSubject(0xb0b0);
const session = (n: number, subjectKey: string | null = ada) => sampleSession(n, { subjectKey });

let fake: MongodbFake;
let client: MongoClient;
beforeAll(async () => {
  fake = await startMongodbFake();
  client = new MongoClient(fake.url);
});
afterAll(async () => {
  await client.close();
  await fake.close();
});

/** One process's work, and what it found out. */
type Work = (store: SessionStore) => Promise<void>;

interface Site {
  readonly db: MongodbDatabase;
  /** A store of a process that is not part of the race. */
  readonly store: SessionStore;
  documents(): Promise<readonly object[]>;
}

async function emptySite(): Promise<Site> {
  fake.data.collections.clear();
  const db = client.db("schedules");
  const documents = () => db.collection("holdfast_sessions").find({}).toArray();
  return { db, store: mongodbStore(db), documents };
}

/** @param mayCrash Which process may, once, before any of its commands. */
async function race(
  { db }: Site,
  works: readonly Work[],
  choose: Choose,
  mayCrash?: number,
): Promise<readonly ScheduledProcess[]> {
  const processes = works.map(() => new ScheduledProcess());
  for (const [i, process] of processes.entries()) {
    await process.start(() => works[i]?.(mongodbStore(process.gated(db))) ?? Promise.resolve());
  }
  const mortal = mayCrash === undefined ? undefined : processes[mayCrash];
  for (;;) {
    const waiting = processes.filter((process) => !process.isOver);
    if (waiting.length === 0) return processes;
    const canCrash = mortal !== undefined && !mortal.isOver;
    const next = choose(waiting.length + (canCrash ? 1 : 0));
    if (next === waiting.length) mortal?.crash();
    else await waiting[next]?.step();
  }
}

const isThere = async (store: SessionStore, { key }: StoredSession) =>
  (await store.get(key)) !== undefined;

async function expectIndexAgrees(store: SessionStore, sessions: readonly StoredSession[]) {
  const listed = new Set((await store.listSubject(ada)).map(({ key }) => key));
  for (const each of sessions) expect(await isThere(store, each)).toBe(listed.has(each.key));
}

/** Who crashes, as the number of the process, and every end that there is: what `create` said, how many were removed. */
const crashes: readonly (readonly [string, number | undefined, readonly string[]])[] = [
  ["nobody crashes", undefined, ["created 2", "revoked-meanwhile 1"]],
  ["the sign-in may crash", 0, ["crashed 1", "created 2", "revoked-meanwhile 1"]],
  [
    "the removal may crash",
    1,
    ["created 2", "created crashed", "revoked-meanwhile 1", "revoked-meanwhile crashed"],
  ],
];

describe("a sign-in under a checkpoint and the end of all sessions", () => {
  for (const [crash, mayCrash, ends] of crashes) {
    it(`leave no session that was drawn for before, if ${crash}`, async () => {
      const outcomes = new Set<string>();
      const schedules = await everySchedule(async (choose) => {
        const site = await emptySite();
        const { store } = site;
        const [old, next] = [session(1), session(2)];
        await store.create(old.key, old.record, { now });
        const checkpoint = await store.checkpoint(ada, now);
        let created: string | undefined;
        let removed: readonly string[] | undefined;
        await race(
          site,
          [
            async (own) => {
              created = await own.create(next.key, next.record, { now, checkpoint });
            },
            async (own) => {
              removed = (await own.deleteSubject(ada)).map(({ key }) => key);
            },
          ],
          choose,
          mayCrash,
        );
        outcomes.add(`${created ?? "crashed"} ${removed?.length ?? "crashed"}`);
        await expectIndexAgrees(store, [old, next]);
        if (removed !== undefined) {
          // Whatever came of the sign-in: it was drawn for before the removal began.
          expect(await isThere(store, next)).toBe(false);
          expect(await isThere(store, old)).toBe(false);
          expect(removed).toContain(old.key);
          if (created !== undefined) {
            expect(removed.includes(next.key)).toBe(created === "created");
          }
        } else if (created === "created") expect(await isThere(store, next)).toBe(true);
        if (created === "revoked-meanwhile") expect(await isThere(store, next)).toBe(false);
        // What a crash left goes with the next removal, or with a sweep.
        if (choose(2) === 0) await store.deleteSubject(ada);
        else await store.sweep(next.record.absoluteExpiresAt + 300_001, 10);
        expect(await site.documents()).toEqual([]);
      });
      expect(schedules).toBeGreaterThanOrEqual(40);
      expect([...outcomes].sort()).toEqual(ends);
    });
  }

  it("let a sign-in that was drawn for afterwards live, or end it as one of them", async () => {
    const fates = new Set<string>();
    await everySchedule(async (choose) => {
      const site = await emptySite();
      const next = session(2);
      await site.store.checkpoint(ada, now);
      let created: string | undefined;
      let removed: readonly string[] = [];
      const options: CreateOptions = { now };
      await race(
        site,
        [
          async (own) => {
            const checkpoint = await own.checkpoint(ada, now);
            created = await own.create(next.key, next.record, { ...options, checkpoint });
          },
          async (own) => {
            removed = (await own.deleteSubject(ada)).map(({ key }) => key);
          },
        ],
        choose,
      );
      const lives = await isThere(site.store, next);
      expect(lives).toBe(created === "created" && !removed.includes(next.key));
      fates.add(`${created} ${lives}`);
    });
    expect([...fates].sort()).toEqual(["created false", "created true", "revoked-meanwhile false"]);
  });

  it("agree about a sign-in without a checkpoint: removed, or begun afterwards", async () => {
    const fates = new Set<boolean>();
    await everySchedule(async (choose) => {
      const site = await emptySite();
      const next = session(2);
      let removed: readonly string[] = [];
      await race(
        site,
        [
          async (own) => {
            expect(await own.create(next.key, next.record, { now })).toBe("created");
          },
          async (own) => {
            removed = (await own.deleteSubject(ada)).map(({ key }) => key);
          },
        ],
        choose,
      );
      const lives = await isThere(site.store, next);
      expect(lives).toBe(!removed.includes(next.key));
      fates.add(lives);
    });
    expect(fates.size).toBe(2);
  });

  it("refuse no sign-in of another subject, and none for a removal that never came", async () => {
    await everySchedule(async (choose) => {
      const site = await emptySite();
      const [hers, other] = [session(1), session(2)];
      const checkpoint = await site.store.checkpoint(ada, now);
      const create = (each: StoredSession) => async (own: SessionStore) => {
        expect(await own.create(each.key, each.record, { now, checkpoint })).toBe("created");
      };
      const remove = async (own: SessionStore) => {
        expect(await own.deleteSubject(bob)).toEqual([]);
      };
      await race(
        site,
        choose(2) === 0 ? [create(hers), remove] : [create(hers), create(other)],
        choose,
      );
      expect(await isThere(site.store, hers)).toBe(true);
    });
  });
});

describe("other races of the MongoDB store", () => {
  it("replace a session only once the new one lives, whoever crashes", async () => {
    await everySchedule(async (choose) => {
      const site = await emptySite();
      const [old, next] = [session(1), session(2)];
      await site.store.create(old.key, old.record, { now });
      const checkpoint = await site.store.checkpoint(ada, now);
      let created: string | undefined;
      const signIn = async (own: SessionStore) => {
        created = await own.create(next.key, next.record, { now, checkpoint, replaces: old.key });
      };
      await race(site, [signIn], choose, 0);
      const [oldLives, nextLives] = [
        await isThere(site.store, old),
        await isThere(site.store, next),
      ];
      expect(oldLives || nextLives, "a crash lost both").toBe(true);
      if (created === "created") expect([oldLives, nextLives]).toEqual([false, true]);
    });
  });

  it("end everything that was there when everything is ended", async () => {
    await everySchedule(async (choose) => {
      const site = await emptySite();
      const [old, next] = [session(1), session(2)];
      await site.store.create(old.key, old.record, { now });
      const checkpoint = await site.store.checkpoint(ada, now);
      let removed = 0;
      let created: string | undefined;
      await race(
        site,
        [
          async (own) => {
            created = await own.create(next.key, next.record, { now, checkpoint });
          },
          async (own) => {
            removed = await own.deleteAll();
          },
        ],
        choose,
      );
      expect(await site.documents()).toEqual([]);
      expect(removed).toBe(created === "created" ? 2 : 1);
    });
  });

  it("sweep nothing that is renewed or activated meanwhile, and bury no tombstone deeper", async () => {
    const at = now + 2_400_000;
    await everySchedule(async (choose) => {
      const site = await emptySite();
      const [renewed, buried] = [session(1), session(2)];
      for (const { key, record } of [renewed, buried]) {
        await site.store.create(key, record, { now });
        await site.store.touch(key, 1, at + 60_000);
      }
      const tomb = { ...buried.record, version: 2, flags: recordFlags.tombstone };
      await race(
        site,
        [
          async (own) => {
            expect(await own.put(buried.key, { ...tomb, idleExpiresAt: at - 1 })).toBe(true);
            expect(await own.touch(renewed.key, 1, at + 120_000)).toBe(true);
          },
          async (own) => {
            expect((await own.sweep(at, 10)).removed).toBe(0);
          },
        ],
        choose,
      );
      // The tombstone is due by its own deadline, however the two met.
      expect((await site.store.sweep(at + 300_000, 10)).removed).toBe(1);
      expect(await isThere(site.store, renewed)).toBe(true);
      expect(await isThere(site.store, buried)).toBe(false);
    });
  });
});
