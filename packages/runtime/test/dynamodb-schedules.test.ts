/**
 * Sign-ins, sign-outs and removals of one subject on the DynamoDB store, their calls to dynalite in every order
 * that a seeded scheduler finds; processes that crash between any two calls, calls that arrive late, and calls
 * that the client sends twice. What has ended stays ended, and nothing is served that is not listed.
 * @module
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DynamodbClient, dynamodbStore } from "../src/stores/dynamodb.ts";
import {
  CHECKPOINT_SECONDS,
  type SessionStore,
  type StoredSession,
  SWEEP_DELAY_SECONDS,
} from "../src/stores/store.ts";
import { sampleNow, sampleSession, sampleSubject } from "../src/testing/index.ts";
import { type Dynalite, type GatedCall, gatedClient, startDynalite } from "./support/dynamodb.ts";

const RUNS = Number(process.env.HOLDFAST_TEST_RUNS ?? 40);
const SEED = Number(process.env.HOLDFAST_TEST_SEED ?? 20261123);

const now = sampleNow;
const ada = sampleSubject(0xada0);

let server: Dynalite;
let client: DynamodbClient;
beforeAll(async () => {
  server = await startDynalite();
  client = server.client();
});
afterAll(() => server.stop());

/** mulberry32: the same numbers for the same seed. */
function randomOf(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** A call that waits for its turn. */
interface Waiting {
  readonly of: Process;
  readonly call: GatedCall;
  answer(value: unknown): void;
  fail(error: unknown): void;
}

/** Between two calls a process does nothing but microtasks, and these are over by then. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

/** Calls of several processes, sent one after the other as a test decides. */
class Site {
  readonly waiting: Waiting[] = [];
  readonly table: string;
  /** Not gated: what a reader sees. */
  readonly reader: SessionStore;

  constructor(table: string) {
    this.table = table;
    this.reader = dynamodbStore(client, { table });
  }

  static async open(): Promise<Site> {
    return new Site(await server.createTable());
  }

  /** Sends one call and hands on its answer, unless nobody is left who wants it. */
  async send(waiting: Waiting, times = 1): Promise<void> {
    this.waiting.splice(this.waiting.indexOf(waiting), 1);
    let answered: () => void = () => {};
    for (let n = 0; n < times; n += 1) {
      await waiting.call.send().then(
        (value) => {
          answered = () => waiting.answer(value);
        },
        (error: unknown) => {
          answered = () => waiting.fail(error);
        },
      );
    }
    if (!waiting.of.crashed) answered();
    await settle();
  }

  /** Sends up to so many calls of one process. */
  async step(process: Process, calls = Number.POSITIVE_INFINITY): Promise<void> {
    await settle();
    for (let n = 0; n < calls; n += 1) {
      const next = this.waiting.find(({ of }) => of === process);
      if (next === undefined) return;
      await this.send(next);
    }
  }
}

class Process {
  readonly store: SessionStore;
  crashed = false;

  constructor(site: Site) {
    const gate = (call: GatedCall) =>
      new Promise<unknown>((answer, fail) => {
        if (!this.crashed) site.waiting.push({ of: this, call, answer, fail });
      });
    this.store = dynamodbStore(gatedClient(client, gate), { table: site.table });
  }
}

/** What is there is listed, what is listed is there. */
async function assertListed(site: Site, sessions: readonly StoredSession[]): Promise<Set<string>> {
  const listed = new Set((await site.reader.listSubject(ada)).map(({ key }) => key));
  const there = new Set<string>();
  for (const { key } of sessions) if ((await site.reader.get(key)) !== undefined) there.add(key);
  expect([...listed].sort()).toEqual([...there].sort());
  return there;
}

/** However it went, another removal leaves nothing. */
async function assertRemovable(site: Site, sessions: readonly StoredSession[]): Promise<void> {
  await site.reader.deleteSubject(ada);
  expect(await assertListed(site, sessions)).toEqual(new Set());
}

const sessionOf = (n: number) => sampleSession(n, { subjectKey: ada });

const upTo = (calls: number) => [...Array(calls).keys(), Number.POSITIVE_INFINITY];
/** Every number of calls that a sign-in, and a removal of one session, can have sent. */
const signInSteps = upTo(5);
const removalSteps = upTo(6);

/** A removal that forgets differs only in what a checkpoint is compared with. */
const pairs = [
  ["deleteSubject", true],
  ["deleteSubject", false],
  ["deleteSubject, to forget", true],
  ["deleteAll", false],
] as const;

const removals = {
  deleteSubject: (store: SessionStore) => store.deleteSubject(ada),
  "deleteSubject, to forget": (store: SessionStore) => store.deleteSubject(ada, { forget: true }),
  deleteAll: (store: SessionStore) => store.deleteAll(),
} as const;

describe("DynamoDB store, a sign-in that meets a removal", () => {
  for (const [name, isChecked] of pairs) {
    const remove = removals[name];
    const title = `${name}, ${isChecked ? "with" : "without"} a checkpoint: ends before, or counts after`;
    it(title, { timeout: 60_000 }, async () => {
      for (const first of removalSteps) {
        for (const second of signInSteps) {
          const site = await Site.open();
          const old = sessionOf(1);
          await site.reader.create(old.key, old.record, { now });
          const checkpoint = await site.reader.checkpoint(ada, now);
          const [signingIn, removing] = [new Process(site), new Process(site)];
          const { key, record } = sessionOf(2);
          const given = isChecked ? { now, checkpoint } : { now };
          // The removal is half-way, then the sign-in, then the removal comes to its end.
          const removed = Promise.resolve(remove(removing.store));
          await site.step(removing, first);
          const created = Promise.resolve(signingIn.store.create(key, record, given));
          await site.step(signingIn, second);
          await site.step(removing);
          await removed;
          await site.step(signingIn);
          const outcome = await created;

          expect(await site.reader.get(old.key)).toBeUndefined();
          const there = await assertListed(site, [old, sessionOf(2)]);
          if (outcome === "revoked-meanwhile") expect(there.size).toBe(0);
          // Begun after the removal had returned would be refused; so is what outlives it.
          if (isChecked) expect(there.size).toBe(0);
          await assertRemovable(site, [sessionOf(2)]);
        }
      }
    });
  }

  for (const name of ["deleteSubject", "deleteAll"] as const) {
    it(`${name}, while it begins again: is listed if it counts`, { timeout: 60_000 }, async () => {
      for (const first of signInSteps.slice(1, -1)) {
        for (const second of removalSteps.slice(3)) {
          const site = await Site.open();
          const [signingIn, removing] = [new Process(site), new Process(site)];
          const { key, record } = sessionOf(1);
          // The sign-in is half-way, then the removal, then the sign-in comes to its end.
          const created = Promise.resolve(signingIn.store.create(key, record, { now }));
          await site.step(signingIn, first);
          const removed = Promise.resolve(removals[name](removing.store));
          await site.step(removing, second);
          await site.step(signingIn);
          expect(await created).toBe("created");
          await site.step(removing);
          await removed;
          await assertListed(site, [sessionOf(1)]);
          await assertRemovable(site, [sessionOf(1)]);
        }
      }
    });
  }

  it("leaves nothing that counts when it crashes, and nothing at all after a sweep", async () => {
    for (const calls of signInSteps.slice(0, -1)) {
      const site = await Site.open();
      const signingIn = new Process(site);
      const { key, record } = sessionOf(1);
      void Promise.resolve(signingIn.store.create(key, record, { now }));
      await site.step(signingIn, calls);
      signingIn.crashed = true;
      expect(await assertListed(site, [sessionOf(1)])).toEqual(new Set());
      expect(await site.reader.deleteSubject(ada)).toEqual([]);
      expect(await site.reader.scan?.(undefined, 10)).toEqual({ sessions: [], next: undefined });
      const last = record.absoluteExpiresAt + (CHECKPOINT_SECONDS + SWEEP_DELAY_SECONDS) * 1000;
      expect(await site.reader.sweep(last, 100)).toEqual({ removed: 0, done: true });
      const { Items } = await server.client().scan({ TableName: site.table });
      expect(Items).toEqual([]);
    }
  });

  it("can be removed again after a removal that crashed", async () => {
    for (const calls of removalSteps) {
      const site = await Site.open();
      const sessions = [1, 2].map(sessionOf);
      for (const { key, record } of sessions) await site.reader.create(key, record, { now });
      const removing = new Process(site);
      void Promise.resolve(removing.store.deleteSubject(ada));
      await site.step(removing, calls);
      removing.crashed = true;
      await assertListed(site, sessions);
      await assertRemovable(site, sessions);
    }
  });
});

/** What is known of one session from outside. */
interface Known extends StoredSession {
  outcome: string;
  /** A removal that began after `create` had returned has returned. */
  ended: boolean;
}

describe("DynamoDB store, on any schedule", () => {
  it(`keeps index and sessions together, ${RUNS} schedules from seed ${SEED}`, async () => {
    for (let run = 0; run < RUNS; run += 1) {
      await runSchedule(SEED + run).catch((cause: unknown) => {
        throw new Error(`seed ${SEED + run}`, { cause });
      });
    }
  }, 60_000);
});

async function runSchedule(seed: number): Promise<void> {
  const random = randomOf(seed);
  const site = await Site.open();
  const known: Known[] = [];
  const processes: Process[] = [];
  const done: Promise<unknown>[] = [];
  const before = await site.reader.checkpoint(ada, now);

  const act = async (process: Process): Promise<void> => {
    const does = random(8);
    if (does < 4) {
      const session: Known = { ...sessionOf(known.length), outcome: "", ended: false };
      known.push(session);
      const given = does === 0 ? { now, checkpoint: before } : { now };
      const other = known[random(known.length)];
      const replaces = does === 3 && other?.outcome === "created" ? other : undefined;
      const options = replaces === undefined ? given : { ...given, replaces: replaces.key };
      session.outcome = await process.store.create(session.key, session.record, options);
      if (replaces !== undefined && session.outcome === "created") replaces.ended = true;
      return;
    }
    const made = known.filter(({ outcome }) => outcome === "created");
    if (does === 4) {
      const [one] = made;
      if (one === undefined) return;
      await process.store.delete(one.key);
      one.ended = true;
      return;
    }
    if (does === 5) await process.store.deleteAll();
    else await process.store.deleteSubject(ada, { forget: random(6) === 0 });
    for (const one of made) one.ended = true;
  };

  const begins = 3 + random(5);
  for (let begun = 0; begun < begins || site.waiting.length > 0; ) {
    if (begun < begins && (site.waiting.length === 0 || random(6) === 0)) {
      begun += 1;
      const process = new Process(site);
      processes.push(process);
      done.push(act(process));
      await settle();
      continue;
    }
    const next = site.waiting[random(site.waiting.length)];
    if (next === undefined) continue;
    // A crash leaves its last calls on the way: they arrive some time.
    if (random(25) === 0) next.of.crashed = true;
    await site.send(next, random(8) === 0 ? 2 : 1);
  }
  await Promise.all(done.filter((_, n) => processes[n]?.crashed === false));
  const there = await assertListed(site, known);
  for (const { key, outcome, ended } of known) {
    if (ended || outcome === "revoked-meanwhile") expect(there.has(key)).toBe(false);
  }
  await assertRemovable(site, known);
}
