/**
 * The migrating store by itself: the public suite in both phases, each point at which a move can break
 * off, and the orders of two movers and a revocation that a scheduler seldom finds.
 * @module
 */
import Database from "libsql";
import { describe, expect, it } from "vitest";
import { memoryStore } from "../src/stores/memory.ts";
import { migratingStore, openMigration } from "../src/stores/migrating.ts";
import { sqliteStore } from "../src/stores/sqlite.ts";
import {
  isPending,
  recordFlags,
  type SessionRecord,
  type SessionStore,
  type StoreProblem,
} from "../src/stores/store.ts";
import {
  countingStore,
  type StoreHarness,
  sampleNow,
  sampleSession,
  sampleSubject,
  storeCases,
} from "../src/testing/index.ts";
import { asyncStore, gate, signedIn, startEngine, tamper, wrapStore } from "./support/engine.ts";
import { faultyStore } from "./support/faulty-store.ts";

const phases = ["prepare", "move"] as const;
const now = () => sampleNow;
const ada = sampleSubject(0xada0);
const session = sampleSession(1, { subjectKey: ada });
const { key, record } = session;

const grounds: Readonly<Record<string, () => SessionStore>> = {
  memory: () => memoryStore(),
  "memory, with promises": () => asyncStore(memoryStore()),
  sqlite: () => sqliteStore(new Database(":memory:")),
};

for (const phase of phases) {
  for (const [name, open] of Object.entries(grounds)) {
    describe(`store: migrating, from ${name} to memory, phase ${phase}`, () => {
      const harness = (): StoreHarness => {
        const start = () => migratingStore(open(), memoryStore(), { phase, now });
        const store = start();
        return { open: () => store, reopen: start };
      };
      const { traits } = migratingStore(open(), memoryStore(), { phase });
      for (const { title, needs, run } of storeCases) {
        if (needs?.(traits) ?? true) it(title, () => run(harness()));
      }
    });
  }
}

/** Two stores, a session in the first, and processes over them. */
function ground() {
  const [from, to] = [memoryStore(), memoryStore()];
  from.create(key, record, { now: sampleNow });
  return {
    from,
    to,
    prepared: migratingStore(from, to, { phase: "prepare", now }),
    moving: migratingStore(from, to, { phase: "move", now }),
    /** A process that moves, and whose commands `around` may hold or break. */
    process: (around: Parameters<typeof wrapStore>[1]) =>
      migratingStore(
        wrapStore(from, (operation, call, values) =>
          around(`from.${operation}` as keyof SessionStore, call, values),
        ),
        wrapStore(to, (operation, call, values) =>
          around(`to.${operation}` as keyof SessionStore, call, values),
        ),
        { phase: "move", now },
      ),
  };
}

/** A process that stops for good at a command, and what it was at. */
function stopping(at: string, when: "before" | "after") {
  const reached = gate();
  const around = async (operation: string, call: () => unknown) => {
    if (operation !== at) return call();
    if (when === "after") await call();
    reached.open();
    return new Promise(() => {});
  };
  return { around, reached: reached.opened };
}

const steps = ["to.create", "from.delete", "to.put"] as const;

describe("a move", () => {
  it("takes the session along, and leaves nothing behind", async () => {
    const { from, to, moving } = ground();
    const moved = (await moving.get(key)) as SessionRecord;
    expect({ ...moved, version: 1 }).toEqual(record);
    expect(await to.get(key)).toEqual(moved);
    expect(await from.get(key)).toBeUndefined();
    expect(await moving.put(key, { ...moved, version: moved.version + 1 })).toBe(true);
  });

  it("leaves a writer of the version before nothing to write over", async () => {
    const { from, moving, prepared } = ground();
    const read = (await prepared.get(key)) as SessionRecord;
    const moved = (await moving.get(key)) as SessionRecord;
    const next = { ...read, version: read.version + 1 };
    for (const store of [from, prepared, moving]) {
      expect(await store.put(key, next)).toBe(false);
      expect(await store.touch(key, read.version, read.idleExpiresAt + 1)).toBe(false);
    }
    expect(await prepared.get(key)).toEqual(moved);
  });

  it("costs a session that has moved one read of the new store, and an unmoved one two", async () => {
    const [from, to] = [countingStore(memoryStore()), countingStore(memoryStore())];
    from.create(key, record, { now: sampleNow });
    from.reset();
    const prepared = migratingStore(from, to, { phase: "prepare", now });
    await prepared.get(key);
    expect([from.total, to.total]).toEqual([1, 0]);
    from.reset();
    const moving = migratingStore(from, to, { phase: "move", now });
    const moved = (await moving.get(key)) as SessionRecord;
    expect(from.counts).toMatchObject({ get: 1, delete: 1 });
    expect(to.counts).toMatchObject({ get: 1, create: 1, put: 1 });
    expect([from.total, to.total]).toEqual([2, 3]);
    from.reset();
    to.reset();
    expect(moving.get(key), "an answer that is there is no promise").toBe(moved);
    await moving.put(key, { ...moved, version: moved.version + 1 });
    await moving.touch(key, moved.version + 1, moved.idleExpiresAt + 1);
    expect([from.total, to.total]).toEqual([0, 3]);
  });

  it("is not made for a session past a deadline", async () => {
    const { from, to, moving } = ground();
    const dead = sampleSession(2, { idleExpiresAt: sampleNow });
    from.create(dead.key, dead.record, { now: sampleNow });
    expect(await moving.get(dead.key)).toEqual(dead.record);
    expect(await to.get(dead.key)).toBeUndefined();
  });

  it("keeps a tombstone what it is, with its own deadline", async () => {
    const { from, to, moving } = ground();
    const idleExpiresAt = sampleNow + 60_000;
    from.put(key, { ...record, version: 2, flags: recordFlags.tombstone, idleExpiresAt });
    expect(await moving.get(key)).toMatchObject({ flags: recordFlags.tombstone, idleExpiresAt });
    expect(await to.get(key)).toMatchObject({ flags: recordFlags.tombstone, idleExpiresAt });
  });

  for (const step of steps) {
    for (const when of ["before", "after"] as const) {
      const isLost = (step === "from.delete" && when === "after") || step === "to.put";
      const becomes = isLost && !(step === "to.put" && when === "after") ? "lost" : "served";
      it(`that breaks off ${when} ${step} leaves the session ${becomes}`, async () => {
        const { from, to, prepared, moving, process } = ground();
        const { around, reached } = stopping(step, when);
        void process(around).get(key);
        await reached;
        const seen = [await prepared.get(key), await moving.get(key)];
        expect(seen.map((found) => found !== undefined)).toEqual(
          Array(2).fill(becomes === "served"),
        );
        const inTo = await to.get(key);
        if (becomes === "served") expect(inTo && isPending(inTo)).toBe(false);
        expect(await from.get(key)).toBeUndefined();
        // Whatever is left ends with the session, and by a revocation.
        await moving.delete(key);
        expect([await from.get(key), await to.get(key)]).toEqual([undefined, undefined]);
      });

      it(`that breaks off ${when} ${step} brings back nothing that is revoked then`, async () => {
        for (const revoke of ["delete", "deleteSubject", "deleteAll"] as const) {
          const { to, prepared, moving, process } = ground();
          const held = gate();
          const at = gate();
          const slow = process(async (operation: string, call) => {
            if (operation !== step) return call();
            const answer = when === "after" ? await call() : undefined;
            at.open();
            await held.opened;
            return when === "after" ? answer : call();
          }).get(key);
          await at.opened;
          if (revoke === "delete") await prepared.delete(key);
          else if (revoke === "deleteSubject") await prepared.deleteSubject(ada);
          else await prepared.deleteAll();
          expect(await moving.get(key)).toBeUndefined();
          held.open();
          // One that was complete may still be answered to a read that began before.
          const late = await slow;
          if (!(step === "to.put" && when === "after")) expect(late).toBeUndefined();
          for (const store of [prepared, moving]) expect(await store.get(key)).toBeUndefined();
          const left = await to.get(key);
          expect(left === undefined || isPending(left)).toBe(true);
        }
      });
    }
  }

  it("is completed when the new store is away for a moment", async () => {
    const { from, to } = ground();
    const faulty = faultyStore(to);
    faulty.fail("put", "before", "before", "after");
    const moving = migratingStore(from, faulty.store, { phase: "move", now });
    expect(await moving.get(key)).toMatchObject({ handle: record.handle, flags: 0 });
    expect(await to.get(key)).toMatchObject({ flags: 0 });
  });

  it("fails when the new store stays away, and not before it has asked again for long", async () => {
    const { from, to } = ground();
    const faulty = faultyStore(to);
    faulty.failAlways("put", "before");
    let waits = 0;
    const wait = async () => {
      waits += 1;
    };
    const moving = openMigration({ from, to: faulty.store, now, patience: 1, wait }, "move");
    await expect(moving.get(key)).rejects.toThrow("the connection was cut");
    expect(waits).toBeGreaterThan(10);
  });

  it("gives way to a session that is in the new store already", async () => {
    const { from, to, prepared } = ground();
    const there = { ...record, version: 7, data: Uint8Array.of(7) };
    to.create(key, there, { now: sampleNow });
    const process = openMigration({ from, to, now, patience: 1, wait: async () => {} }, "move");
    expect(await process.get(key)).toEqual(there);
    expect(await prepared.listSubject(ada)).toEqual([{ key, record: there }]);
  });

  it("brings nothing back when a second mover comes after a revocation, and the first then goes on", async () => {
    const { from, to, prepared, moving, process } = ground();
    const [held, late] = [gate(), gate()];
    const [took, readOld] = [gate(), gate()];
    // One has deleted in `from`, and does not know yet.
    const first = process(async (operation: string, call) => {
      if (operation !== "to.put") return call();
      took.open();
      await held.opened;
      return call();
    });
    // Another has read the session before that, and comes to announce it when it has been revoked.
    const second = process(async (operation: string, call) => {
      if (operation === "to.create") {
        readOld.open();
        await late.opened;
      }
      return call();
    });
    const secondRead = second.get(key);
    await readOld.opened;
    const firstRead = first.get(key);
    await took.opened;
    await prepared.delete(key);
    late.open();
    await secondRead;
    held.open();
    expect(await firstRead).toBeUndefined();
    expect(await moving.get(key)).toBeUndefined();
    expect(await from.get(key)).toBeUndefined();
    expect(isPending((await to.get(key)) as SessionRecord)).toBe(true);
  });

  it("that was left half-way is swept when the session would have died", async () => {
    const { from, to, moving, process } = ground();
    const { around, reached } = stopping("from.delete", "after");
    void process(around).get(key);
    await reached;
    expect((await to.get(key))?.idleExpiresAt).toBe(record.idleExpiresAt);
    await moving.sweep(record.idleExpiresAt + 300_001, 10);
    expect([await from.get(key), await to.get(key)]).toEqual([undefined, undefined]);
  });

  it("keeps a pending copy of an earlier mover alive as long as the session", async () => {
    const { from, moving, process } = ground();
    const { around, reached } = stopping("from.delete", "before");
    void process(around).get(key);
    await reached;
    const idleExpiresAt = record.idleExpiresAt + 60_000;
    await from.touch(key, 1, idleExpiresAt);
    const held = gate();
    const at = gate();
    const second = process(async (operation: string, call) => {
      if (operation === "to.put") {
        at.open();
        await held.opened;
      }
      return call();
    }).get(key);
    await at.opened;
    await moving.sweep(record.idleExpiresAt + 300_001, 10);
    held.open();
    expect(await second).toMatchObject({ idleExpiresAt });
  });

  it("takes a pending record of an earlier migration for none", async () => {
    const { from, to, prepared, moving } = ground();
    from.put(key, { ...record, version: 2, flags: recordFlags.pending });
    for (const store of [prepared, moving]) {
      expect(await store.get(key)).toBeUndefined();
      expect(await store.listSubject(ada)).toEqual([]);
    }
    expect(await to.get(key)).toBeUndefined();
  });
});

describe("a sign-in during a migration", () => {
  const next = sampleSession(2, { subjectKey: ada });

  for (const phase of phases) {
    it(`ends the session that it replaces wherever that is, in phase ${phase}`, async () => {
      for (const at of ["from", "to", "on its way"] as const) {
        const { from, to, prepared, moving, process } = ground();
        if (at === "to") await moving.get(key);
        const held = gate();
        const took = gate();
        const slow = process(async (operation: string, call) => {
          if (operation === "to.put") {
            took.open();
            await held.opened;
          }
          return call();
        });
        const reading = at === "on its way" ? slow.get(key) : undefined;
        if (reading !== undefined) await took.opened;
        const store = phase === "prepare" ? prepared : moving;
        const options = { now: sampleNow, replaces: key };
        expect(await store.create(next.key, next.record, options)).toBe("created");
        held.open();
        expect(await reading).toBeUndefined();
        expect([await from.get(key), await to.get(key)]).toEqual([undefined, undefined]);
        expect(await moving.get(next.key)).toMatchObject({ handle: next.record.handle });
      }
    });

    it(`that is sent twice ends the session that it replaces, in phase ${phase}`, async () => {
      const { from, to } = ground();
      const other = phase === "prepare" ? to : from;
      other.create(key, record, { now: sampleNow });
      const [brokenFrom, brokenTo] = [faultyStore(from), faultyStore(to)];
      (phase === "prepare" ? brokenTo : brokenFrom).fail("delete", "before");
      const store = migratingStore(brokenFrom.store, brokenTo.store, { phase, now });
      const create = async () =>
        store.create(next.key, next.record, { now: sampleNow, replaces: key });
      await expect(create()).rejects.toThrow("the connection was cut");
      expect(await create()).toBe("exists");
      expect([await from.get(key), await to.get(key)]).toEqual([undefined, undefined]);
    });
  }

  it("ends a replaced session that is announced between the deletions", async () => {
    const { from, to, moving, process } = ground();
    const [held, readOld] = [gate(), gate()];
    const slow = process(async (operation: string, call) => {
      if (operation === "to.create") {
        readOld.open();
        await held.opened;
      }
      return call();
    }).get(key);
    await readOld.opened;
    // The replacement's first deletion in `from` lets the mover go on, and waits for it.
    const signing = migratingStore(
      wrapStore(from, async (operation, call) => {
        if (operation !== "delete") return call();
        held.open();
        await slow;
        return call();
      }),
      to,
      { phase: "move", now },
    );
    await signing.create(next.key, next.record, { now: sampleNow, replaces: key });
    expect(await moving.get(key)).toBeUndefined();
    expect([await from.get(key), await to.get(key)]).toEqual([undefined, undefined]);
  });

  for (const drawn of phases) {
    for (const created of phases) {
      it(`is refused after a revocation, begun in phase ${drawn} and ended in ${created}`, async () => {
        for (const revoked of phases) {
          const { prepared, moving } = ground();
          const at = { prepare: prepared, move: moving };
          const options = {
            now: sampleNow,
            checkpoint: await at[drawn].checkpoint(ada, sampleNow),
          };
          const before = sampleSession(9, { subjectKey: ada });
          expect(await at[created].create(before.key, before.record, options)).toBe("created");
          await at[revoked].deleteSubject(ada);
          expect(await at[created].create(next.key, next.record, options)).toBe(
            "revoked-meanwhile",
          );
        }
      });
    }
  }

  it("is refused in the new store by a revocation that reached the old one only", async () => {
    const { from, to, moving } = ground();
    const checkpoint = await moving.checkpoint(ada, sampleNow);
    const faulty = faultyStore(to);
    faulty.failAlways("deleteSubject", "before");
    const broken = migratingStore(from, faulty.store, { phase: "move", now });
    await expect(Promise.resolve(broken.deleteSubject(ada))).rejects.toThrow();
    expect(await moving.create(next.key, next.record, { now: sampleNow, checkpoint })).toBe(
      "revoked-meanwhile",
    );
  });

  it("takes the checkpoint of a process that knows one store", async () => {
    const { from, to, prepared, moving } = ground();
    const old = { now: sampleNow, checkpoint: await from.checkpoint(ada, sampleNow) };
    expect(await prepared.create(next.key, next.record, old)).toBe("created");
    const third = sampleSession(3, { subjectKey: ada });
    const fresh = { now: sampleNow, checkpoint: await to.checkpoint(ada, sampleNow) };
    expect(await moving.create(third.key, third.record, fresh)).toBe("created");
  });
});

describe("the sessions of a subject during a migration", () => {
  it("are listed and removed once each, from both stores", async () => {
    for (const phase of phases) {
      const { from, to, prepared, moving, process } = ground();
      const { around, reached } = stopping("from.delete", "before");
      void process(around).get(key);
      await reached;
      const other = sampleSession(2, { subjectKey: ada });
      to.create(other.key, other.record, { now: sampleNow });
      const store = phase === "prepare" ? prepared : moving;
      const listed = await store.listSubject(ada);
      expect(listed.map((each) => each.key).sort()).toEqual([key, other.key].sort());
      expect(listed.every((each) => !isPending(each.record))).toBe(true);
      const removed = await store.deleteSubject(ada, { except: other.record.handle });
      expect(removed).toEqual([{ key, handle: record.handle }]);
      expect(await from.get(key)).toBeUndefined();
      expect(await to.listSubject(ada)).toEqual([other]);
    }
  });
});

describe("migratingStore", () => {
  const [from, to] = [memoryStore(), memoryStore()];

  it("refuses options that cannot be meant", () => {
    const open = (options: unknown) => () => migratingStore(from, to, options as never);
    expect(open(undefined)).toThrow('"phase" must be "prepare" or "move"');
    expect(open({ phase: "copy" })).toThrow('"phase" must be');
    expect(open({ phase: "move", fase: 1 })).toThrow('"fase" is not an option');
    expect(() => migratingStore(from, from, { phase: "move" })).toThrow('"to" must be another');
  });

  it("promises what both stores promise", () => {
    const strong: SessionStore = {
      ...to,
      traits: {
        shared: "network",
        revocation: "until-failover",
        index: false,
        nativeExpiry: true,
        durable: true,
      },
    };
    const weaker = {
      shared: "process",
      revocation: "until-failover",
      index: false,
      nativeExpiry: false,
      durable: false,
    };
    expect(migratingStore(from, strong, { phase: "move" }).traits).toEqual(weaker);
    expect(migratingStore(strong, from, { phase: "move" }).traits).toEqual(weaker);
  });

  it("has the new store's clock, and reports what either complains of", async () => {
    const problem: StoreProblem = { problem: "evicts", explanation: "raise it" };
    const timed: SessionStore = {
      ...to,
      name: "timed",
      clock: () => 17,
      watch: (report) => report(problem),
    };
    const store = migratingStore(from, timed, { phase: "move" });
    expect(await store.clock?.()).toBe(17);
    expect(migratingStore(timed, from, { phase: "move" }).clock).toBeUndefined();
    const told: StoreProblem[] = [];
    store.watch?.((each) => told.push(each));
    expect(told).toEqual([{ problem: "evicts", explanation: "timed: raise it" }]);
  });

  it("closes both stores, also if one fails", async () => {
    const closed: string[] = [];
    const closing = (name: string): SessionStore => ({
      ...memoryStore(),
      close() {
        closed.push(name);
        throw new Error(name);
      },
    });
    const store = migratingStore(closing("from"), closing("to"), { phase: "move" });
    await expect(Promise.resolve(store.close())).rejects.toThrow();
    expect(closed).toEqual(["from", "to"]);
  });
});

describe("the engine over a plain store", () => {
  it("takes a pending record for absent", async () => {
    const engine = startEngine();
    const browser = await signedIn(engine);
    const listed = await engine.sessions.subject("alice").list();
    expect(listed).toHaveLength(1);
    const subjectSessions = await Promise.resolve(
      engine.store.listSubject((await rawRecord(engine.store)).subjectKey as string),
    );
    const { key: stored } = subjectSessions[0] as { readonly key: string };
    const open = await browser.open();
    await tamper(engine.store, stored, ({ version }) => ({
      version: version + 1,
      flags: recordFlags.pending,
    }));
    // A request that had read the session before finds it gone when it writes.
    open.session.set("late", 1);
    await browser.finish(open);
    expect(engine.seen("write.dropped")).toMatchObject([{ reason: "gone" }]);
    const { result } = await browser.visit((own) => own.subject);
    expect(result).toBeUndefined();
    expect(engine.refusals()).toEqual(["unknown"]);
    const subject = engine.sessions.subject("alice");
    expect(await subject.list()).toEqual([]);
    expect(await subject.rotateAll()).toBe(0);
    expect(await subject.revoke(listed[0]?.handle as string)).toBe(false);
    expect(await engine.store.get(stored)).toMatchObject({ flags: recordFlags.pending });
  });
});

/** The only record there is. */
async function rawRecord(store: SessionStore): Promise<SessionRecord> {
  const page = await store.scan?.(undefined, 10);
  return page?.sessions[0]?.record as SessionRecord;
}

describe("a rolling deployment", () => {
  it("signs nobody out, from the old store to the new", async () => {
    const [from, to] = [memoryStore(), memoryStore()];
    const clock = { now: () => sampleNow, advance: () => {} };
    const over = (store: SessionStore) => startEngine({ store, clock });
    const prepare = () => migratingStore(from, to, { phase: "prepare", now });
    const move = () => migratingStore(from, to, { phase: "move", now });
    const fleets = [
      [() => from, () => from],
      [() => from, prepare],
      [prepare, prepare],
      [prepare, move],
      [move, move],
      [move, () => to],
      [() => to, () => to],
    ];
    const jars: ReadonlyMap<string, string>[] = [];
    for (const [stage, fleet] of fleets.entries()) {
      const engines = fleet.map((store) => over(store()));
      for (const engine of engines) {
        for (const [n, jar] of jars.entries()) {
          const browser = engine.newBrowser();
          for (const [name, value] of jar) browser.jar.set(name, value);
          const seen = await browser.visit((own) => {
            own.update("count", (count) => ((count as number | undefined) ?? 0) + 1);
            return own.subject;
          });
          expect(seen.result, `session ${n} at stage ${stage}`).toBe(`user-${n}`);
          jars[n] = browser.jar;
        }
        const browser = engine.newBrowser();
        await browser.visit((own) => own.signIn(`user-${jars.length}`, { level: "password" }));
        jars.push(browser.jar);
      }
      const last = engines.at(-1) as (typeof engines)[0];
      expect(last.refusals()).toEqual([]);
      if (stage === 4) {
        // Every session that was used has moved by itself.
        expect((await from.scan?.(undefined, 100))?.sessions.length).toBeLessThanOrEqual(2);
        for (const { key: left } of (await from.scan?.(undefined, 100))?.sessions ?? []) {
          await move().get(left);
        }
      }
    }
    expect(jars).toHaveLength(14);
  });
});
