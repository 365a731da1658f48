/**
 * Processes of neighbouring phases of a migration on the same sessions, in every order that a scheduler
 * finds, with crashes between any two commands. What has ended stays ended, what lives is served with all
 * that was confirmed, and only a crash between the two steps of a move loses a session.
 * @module
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { memoryStore } from "../src/stores/memory.ts";
import { openMigration } from "../src/stores/migrating.ts";
import { copyPages } from "../src/stores/migrating-copy.ts";
import { type Migration, settled } from "../src/stores/migrating-move.ts";
import {
  isPending,
  recordFlags,
  type SessionRecord,
  type SessionStore,
  type StoreKey,
} from "../src/stores/store.ts";
import { sampleNow, sampleSession, sampleSubject } from "../src/testing/index.ts";
import { wrapStore } from "./support/engine.ts";

const RUNS = Number(process.env.HOLDFAST_TEST_RUNS ?? 80);
const SEED = Number(process.env.HOLDFAST_TEST_SEED ?? 20261124);

const ada = sampleSubject(0xada0);
const now = () => sampleNow;

/** What a process knows. `copier` is `holdfast migrate copy`; `turned` prepares the way back. */
type Role = "from" | "prepare" | "move" | "copier" | "to" | "turned";

const action = fc.oneof(
  { weight: 6, arbitrary: fc.constant("read" as const) },
  { weight: 6, arbitrary: fc.constant("write" as const) },
  { weight: 2, arbitrary: fc.constant("touch" as const) },
  { weight: 3, arbitrary: fc.constant("signIn" as const) },
  { weight: 1, arbitrary: fc.constant("signInElsewhere" as const) },
  { weight: 2, arbitrary: fc.constant("signInAgain" as const) },
  { weight: 2, arbitrary: fc.constant("signOut" as const) },
  { weight: 2, arbitrary: fc.constant("deleteAsSeen" as const) },
  { weight: 1, arbitrary: fc.constant("revokeAll" as const) },
  { weight: 1, arbitrary: fc.constant("revokeEverything" as const) },
  { weight: 2, arbitrary: fc.constant("rotateAll" as const) },
  { weight: 1, arbitrary: fc.constant("crash" as const) },
);
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

const rounds = fc.array(
  fc.array(fc.record({ does: action, by: fc.nat(), to: fc.nat() }), {
    minLength: 2,
    maxLength: 8,
  }),
  { minLength: 1, maxLength: 3 },
);

/** What is known of one session from outside. */
interface Known {
  readonly key: StoreKey;
  readonly record: SessionRecord;
  /** `create` has returned. */
  made: boolean;
  /** A removal that has returned must have ended it. */
  ended: boolean;
  /** A removal that has begun may have ended it. */
  mayHaveEnded: boolean;
  /** Its mover crashed between the two steps. */
  lost: boolean;
  /** Writes that were confirmed, and writes that were begun. */
  confirmed: number;
  begun: number;
}

class Process {
  readonly role: Role;
  readonly store: SessionStore;
  readonly migration: Migration;
  crashed = false;
  readonly died: Promise<void>;
  /** Sessions that this process has taken out of `from` and not put into `to` yet. */
  readonly inHand = new Set<StoreKey>();
  #die: () => void = () => {};

  constructor(site: Site, role: Role, patience: number) {
    this.role = role;
    this.died = new Promise((resolve) => {
      this.#die = resolve;
    });
    const step = async (label: string) => {
      await site.scheduler.schedule(Promise.resolve(), `${role}: ${label}`);
      if (this.crashed) await new Promise(() => {}); // A dead process does nothing ever after.
    };
    const gated = (inner: SessionStore, name: string) =>
      wrapStore(inner, async (operation, call, values) => {
        await step(`${name}.${operation} begins`);
        const answer = call();
        const [key] = values as [StoreKey];
        const took = name === "from" && operation === "delete" && values[1] !== undefined;
        if (took && answer === true) this.inHand.add(key);
        if (name === "to" && operation === "put") this.inHand.delete(key);
        await step(`${name}.${operation} answers`);
        return answer;
      });
    this.migration = {
      from: gated(site.from, "from"),
      to: gated(site.to, "to"),
      now,
      patience,
      wait: () => step("waits"),
    };
    const { from, to } = this.migration;
    if (role === "from") this.store = from;
    else if (role === "to") this.store = to;
    else if (role === "turned") this.store = openMigration(turned(this.migration), "prepare");
    else this.store = openMigration(this.migration, role === "prepare" ? "prepare" : "move");
  }

  crash(): readonly StoreKey[] {
    this.crashed = true;
    this.#die();
    return [...this.inHand];
  }
}

const turned = (migration: Migration): Migration => ({
  ...migration,
  from: migration.to,
  to: migration.from,
});

class Site {
  readonly from = memoryStore();
  readonly to = memoryStore();
  readonly scheduler: fc.Scheduler;
  readonly known: Known[] = [];
  readonly calm: boolean;
  #numbers = 0;
  #revocations = 0;
  #underWay = 0;

  constructor(scheduler: fc.Scheduler, calm: boolean) {
    this.scheduler = scheduler;
    this.calm = calm;
  }

  start(role: Role): Process {
    // Where nobody crashes, whoever waits for a mover waits until it has come.
    return new Process(this, role, this.calm ? 60 : 4);
  }

  /** Begins a session without any race. */
  async seed(store: SessionStore): Promise<void> {
    const known = this.#draft();
    await store.create(known.key, known.record, { now: sampleNow });
    known.made = true;
  }

  async run(does: Action, process: Process, other: Process, at: number): Promise<void> {
    // Some begin when others are half-way.
    for (let n = at % 7; n > 0; n -= 1) await this.scheduler.schedule(Promise.resolve());
    if (does === "crash") {
      if (this.calm) return;
      for (const key of process.crash()) {
        for (const known of this.known) if (known.key === key) known.lost = true;
      }
      return;
    }
    const involved = does === "signInElsewhere" ? [process, other] : [process];
    if (involved.some(({ crashed }) => crashed)) return;
    const died = involved.map((each) => each.died);
    await Promise.race([...died, this.#act(does, process, other, at)]);
  }

  async #act(does: Action, process: Process, other: Process, at: number): Promise<void> {
    const { store } = process;
    if (process.role === "copier") {
      for await (const _ of copyPages(process.migration, undefined, 10));
      return;
    }
    if (does === "signIn") return this.#signIn(store, store);
    if (does === "signInElsewhere") return this.#signIn(other.store, store);
    if (does === "revokeAll") return this.#revoke(() => store.deleteSubject(ada));
    if (does === "revokeEverything") return this.#revoke(() => store.deleteAll());
    if (does === "rotateAll") return this.#rotateAll(store);
    const made = this.known.filter((known) => known.made);
    const known = made[Math.floor(at / 7) % made.length];
    if (known === undefined) return;
    if (does === "read") await this.#read(store, known);
    if (does === "write") await this.#write(store, known, await this.#read(store, known));
    if (does === "touch") {
      const record = await this.#read(store, known);
      if (record) await store.touch(known.key, record.version, record.idleExpiresAt + 1);
    }
    if (does === "signInAgain") return this.#signIn(store, store, known);
    if (does === "signOut") {
      known.mayHaveEnded = true;
      await store.delete(known.key);
      known.ended = true;
    }
    if (does === "deleteAsSeen") {
      const record = await this.#read(store, known);
      if (record === undefined) return;
      known.mayHaveEnded = true;
      if (await store.delete(known.key, record)) known.ended = true;
    }
  }

  #draft(): Known {
    this.#numbers += 1;
    const { key, record } = sampleSession(this.#numbers, {
      subjectKey: ada,
      data: Uint8Array.of(0),
      writeIds: [],
    });
    const counts = { confirmed: 0, begun: 0 };
    const fate = { made: false, ended: false, mayHaveEnded: this.#underWay > 0, lost: false };
    const known = { key, record, ...fate, ...counts };
    this.known.push(known);
    return known;
  }

  async #read(store: SessionStore, known: Known): Promise<SessionRecord | undefined> {
    const { ended, confirmed } = known;
    // The engine takes a pending record of a plain store for none.
    const record = settled(await store.get(known.key));
    if (ended) expect(record, "a session that had ended is served").toBeUndefined();
    if (record === undefined) {
      const wasToBeThere = this.calm && !known.mayHaveEnded;
      expect(wasToBeThere, "a live session is not served").toBe(false);
    } else {
      this.#compare(record, known, confirmed);
    }
    return record;
  }

  #compare(record: SessionRecord, { begun, record: drafted }: Known, confirmed: number): void {
    const count = record.data[0] as number;
    expect(count, "a confirmed write is missing").toBeGreaterThanOrEqual(confirmed);
    expect(count, "a write happened twice").toBeLessThanOrEqual(begun);
    expect(record.secretHash).toEqual(drafted.secretHash);
    expect(record.writeIds).toHaveLength(count);
  }

  /** As the engine does: reads again after a conflict. */
  async #write(store: SessionStore, known: Known, read: SessionRecord | undefined): Promise<void> {
    known.begun += 1;
    const id = known.begun.toString(16).padStart(16, "0");
    for (let record = read; record !== undefined; record = await this.#read(store, known)) {
      const next = {
        ...record,
        version: record.version + 1,
        data: Uint8Array.of((record.data[0] as number) + 1),
        writeIds: [id, ...record.writeIds],
      };
      if (await store.put(known.key, next)) {
        known.confirmed += 1;
        return;
      }
    }
  }

  async #signIn(draws: SessionStore, creates: SessionStore, replaced?: Known): Promise<void> {
    const known = this.#draft();
    const checkpoint = await draws.checkpoint(ada, sampleNow);
    // From here on any removal is one that the sign-in must not survive.
    const revocations = this.#revocations;
    const overlaps = known.mayHaveEnded;
    this.#drawn.add(known);
    if (replaced !== undefined) replaced.mayHaveEnded = true;
    const replaces = replaced?.key;
    const { key, record } = known;
    const outcome = await creates.create(key, record, { now: sampleNow, checkpoint, replaces });
    this.#drawn.delete(known);
    if (outcome === "created") {
      known.made = true;
      if (replaced !== undefined) replaced.ended = true;
      return;
    }
    known.mayHaveEnded = true;
    expect(outcome).toBe("revoked-meanwhile");
    // A checkpoint of two stores means nothing to a process that knows one.
    const isForeign = draws !== creates;
    const wasRevoked = overlaps || revocations !== this.#revocations;
    expect(isForeign || wasRevoked, "a sign-in was refused for nothing").toBe(true);
  }

  readonly #drawn = new Set<Known>();

  async #revoke(remove: () => unknown): Promise<void> {
    this.#revocations += 1;
    this.#underWay += 1;
    const doomed = this.known.filter((known) => known.made || this.#drawn.has(known));
    for (const known of this.known) known.mayHaveEnded = true;
    await remove();
    for (const known of doomed) known.ended = true;
    this.#underWay -= 1;
  }

  async #rotateAll(store: SessionStore): Promise<void> {
    const before = this.known.filter((known) => known.made);
    const listed = new Map(
      (await store.listSubject(ada))
        .filter(({ record }) => !isPending(record))
        .map(({ key, record }) => [key, record]),
    );
    if (this.calm) {
      const missing = before.filter((known) => !known.mayHaveEnded && !listed.has(known.key));
      expect(missing, "a live session is not listed").toEqual([]);
    }
    for (const known of before) {
      let record = listed.get(known.key);
      while (record !== undefined) {
        const next = {
          ...record,
          version: record.version + 1,
          flags: record.flags | recordFlags.rotationDue,
        };
        if (await store.put(known.key, next)) break;
        record = await this.#read(store, known);
      }
    }
  }

  /** What must hold whenever nothing is under way, for a process that starts now. */
  async check(stores: readonly SessionStore[]): Promise<void> {
    for (const known of this.known) {
      const inFrom = settled(await this.from.get(known.key));
      const inTo = settled(await this.to.get(known.key));
      expect(inFrom && inTo, "a session is in both stores").toBeUndefined();
      for (const store of stores) {
        const record = settled(await store.get(known.key));
        if (known.ended) expect(record, "an ended session is back").toBeUndefined();
        if (record !== undefined) this.#compare(record, known, known.confirmed);
        const mayBeMissing = !known.made || known.mayHaveEnded || known.lost;
        if (!mayBeMissing) expect(record, "a live session was lost").toBeDefined();
      }
    }
  }

  /** The stores of a process that starts now. */
  fresh(role: "prepare" | "move" | "to" | "turned"): SessionStore {
    const { from, to } = this;
    if (role === "to") return to;
    const migration = { from, to, now, patience: 1, wait: async () => {} };
    if (role === "turned") return openMigration(turned(migration), "prepare");
    return openMigration(migration, role);
  }

  async copyAll(): Promise<void> {
    const { from, to } = this;
    const migration = { from, to, now, patience: 1, wait: async () => {} };
    for await (const { busy } of copyPages(migration, undefined, 10)) expect(busy).toBe(0);
  }
}

interface Scenario {
  readonly roles: readonly Role[];
  /** Where the sessions are that were there before. */
  readonly seeded: "from" | "to" | "both";
  /** What a process that starts now may be. */
  readonly successors: readonly ("prepare" | "move" | "to" | "turned")[];
}

const scenarios: Readonly<Record<string, Scenario>> = {
  "processes that know one store, and prepared ones": {
    roles: ["from", "from", "prepare", "prepare"],
    seeded: "from",
    successors: ["prepare"],
  },
  "prepared processes, and moving ones": {
    roles: ["prepare", "prepare", "move", "move"],
    seeded: "both",
    successors: ["prepare", "move"],
  },
  "moving processes, and copies": {
    roles: ["move", "move", "copier", "copier"],
    seeded: "both",
    successors: ["move"],
  },
  "moving processes after the copy, and those that know the new store": {
    roles: ["move", "move", "to", "to"],
    seeded: "to",
    successors: ["move", "to"],
  },
  "processes prepared in either direction": {
    roles: ["prepare", "prepare", "turned", "turned"],
    seeded: "both",
    successors: ["prepare", "turned"],
  },
};

function property({ roles, seeded, successors }: Scenario, calm: boolean) {
  return fc.asyncProperty(fc.scheduler(), rounds, async (scheduler, plan) => {
    const site = new Site(scheduler, calm);
    await site.seed(seeded === "to" ? site.to : site.from);
    await site.seed(seeded === "from" ? site.from : site.to);
    for (const round of plan) {
      const processes = roles.map((role) => site.start(role));
      const at = (n: number) => processes[n % processes.length] as Process;
      const all = round.map(({ does, by, to }) => site.run(does, at(by), at(by + to), to));
      await scheduler.waitFor(Promise.all(all));
      await site.check(successors.map((successor) => site.fresh(successor)));
    }
    await site.check([site.fresh("prepare"), site.fresh("move")]);
    await site.copyAll();
    await site.check([site.to, site.fresh("move")]);
    expect(await site.from.listSubject(ada)).toEqual([]);
  });
}

for (const [name, scenario] of Object.entries(scenarios)) {
  for (const calm of [true, false]) {
    describe(`${name}, ${calm ? "in peace" : "with crashes"}`, () => {
      it(
        "lose nothing, bring nothing back and let nobody wait in vain",
        {
          timeout: 60_000 + RUNS * 1000,
        },
        () =>
          fc.assert(property(scenario, calm), { numRuns: RUNS, seed: SEED, endOnFailure: true }),
      );
    });
  }
}

const broken: Readonly<Record<string, Scenario>> = {
  "processes that know the old store alone, and moving ones": {
    roles: ["from", "move"],
    seeded: "from",
    successors: ["move"],
  },
  "processes that know the old store alone, and a copy": {
    roles: ["from", "copier"],
    seeded: "from",
    successors: ["prepare"],
  },
  "prepared processes, and those that know the new store alone": {
    roles: ["prepare", "to"],
    seeded: "from",
    successors: ["prepare"],
  },
  "moving processes before the copy, and those that know the new store alone": {
    roles: ["move", "to"],
    seeded: "from",
    successors: ["move"],
  },
  "a migration and its reverse": {
    roles: ["move", "turned"],
    seeded: "both",
    successors: ["move"],
  },
};

describe("the orders that the guide forbids", () => {
  for (const [name, scenario] of Object.entries(broken)) {
    it(`break something: ${name}`, { timeout: 60_000 }, async () => {
      const options = { numRuns: 1000, seed: SEED, endOnFailure: true };
      expect((await fc.check(property(scenario, true), options)).failed).toBe(true);
    });
  }
});
