/**
 * The history checker: possible histories pass, each impossible one is found, and so is a store with a
 * fault. Takes short histories of the embedded stores, in server processes where several share one.
 * @module
 */
import { randomBytes } from "node:crypto";
import { memoryStore } from "holdfast/stores/memory";
import type { SessionStore } from "holdfast/stores/store";
import { describe, expect, it } from "vitest";
import { checkHistory } from "../src/history/check.ts";
import { COUNTER, type Entry, type Outcome } from "../src/history/operation.ts";
import { createPerformer } from "../src/history/perform.ts";
import { historyReport, violationText } from "../src/history/report.ts";
import { runHistory, sizesFor } from "../src/history/run.ts";
import { runWorkload } from "../src/history/workload.ts";
import { seededRandom } from "../src/support/random.ts";

const OK: Outcome = { outcome: "ok", as: "alice" };
const DONE: Outcome = { outcome: "ok" };
const GONE: Outcome = { outcome: "refused", reason: "gone" };
const SUPERSEDED: Outcome = { outcome: "refused", reason: "superseded" };
const REVOKED: Outcome = { outcome: "refused", reason: "revoked-meanwhile" };
const UNKNOWN: Outcome = { outcome: "unknown", cause: "no answer" };
const saw = (value: number | null): Outcome => ({ ...OK, value });

type Line = Partial<Entry> & Pick<Entry, "kind" | "start" | "end" | "result">;

/** A history in the order of its lines, which is also how they are numbered. */
function rulesOf(...lines: readonly Line[]): readonly string[] {
  const history = lines.map((line, id): Entry => ({ id, subject: "alice", ...line }));
  return checkHistory(history).map(({ rule }) => rule);
}

/** Session `s`, made before anything else happens. */
const made: Line = { kind: "sign-in", makes: "s", start: 0, end: 1, result: DONE };
const on = { session: "s", token: 0 };
const colour = { ...on, key: "colour" };
const set = (value: number, start: number, end: number, result: Outcome = OK): Line => ({
  ...colour,
  ...{ kind: "set", value, start, end, result },
});
const get = (start: number, end: number, result: Outcome): Line => ({
  ...colour,
  ...{ kind: "get", start, end, result },
});
const update = (start: number, end: number, result: Outcome): Line => ({
  ...on,
  ...{ kind: "update", start, end, result },
});
const count = (start: number, end: number, value: number): Line => ({
  ...on,
  ...{ kind: "get", key: COUNTER, start, end, result: saw(value) },
});
const signOut = (start: number, end: number, result: Outcome = DONE): Line => ({
  ...on,
  ...{ kind: "sign-out", start, end, result },
});
const revokeAll = (start: number, end: number, result: Outcome = DONE): Line => ({
  ...{ kind: "revoke-all", start, end, result },
});
const rotate = (start: number, end: number, result: Outcome = OK): Line => ({
  ...on,
  ...{ kind: "rotate", start, end, result },
});

describe("keys of a session", () => {
  it("may be read as either of two writes under way, and stay what was read", () => {
    const writes = [set(7, 2, 10), set(8, 3, 11)];
    expect(rulesOf(made, ...writes, get(12, 13, saw(7)))).toEqual([]);
    expect(rulesOf(made, ...writes, get(12, 13, saw(8)))).toEqual([]);
    expect(rulesOf(made, ...writes, get(4, 5, saw(7)), get(6, 7, saw(8)))).toEqual([]);
    expect(rulesOf(made, ...writes, get(4, 5, saw(null)), get(12, 13, saw(8)))).toEqual([]);
  });

  it("may be read as never written, in any order of answers", () => {
    expect(rulesOf(made, get(6, 7, saw(null)), get(2, 3, saw(null)))).toEqual([]);
  });

  it("must not lose a write that was confirmed", () => {
    expect(rulesOf(made, set(7, 2, 3), get(4, 5, saw(null)))).toEqual(["stale read"]);
    expect(rulesOf(made, set(7, 2, 3), get(2, 5, saw(null)))).toEqual([]);
  });

  it("must not be read as overwritten, also where only reads say in which order", () => {
    expect(rulesOf(made, set(7, 2, 3), set(8, 4, 5), get(6, 7, saw(7)))).toEqual(["stale read"]);
    const both = [set(7, 2, 20), set(8, 2, 20)];
    const back = [get(3, 4, saw(7)), get(5, 6, saw(8)), get(7, 8, saw(7))];
    expect(rulesOf(made, ...both, ...back)).toEqual(["stale read"]);
  });

  it("must not hold what nobody wrote, wrote in vain, or had yet to write", () => {
    expect(rulesOf(made, get(2, 3, saw(9)))).toEqual(["value from nowhere"]);
    expect(rulesOf(made, set(7, 2, 3, SUPERSEDED), get(4, 5, saw(7)))).toContain(
      "value from nowhere",
    );
    expect(rulesOf(made, get(2, 3, saw(7)), set(7, 4, 5))).toContain("value from nowhere");
  });

  it("may show a write of unknown outcome, late or never, but not take it back", () => {
    const lost = set(7, 2, 3, UNKNOWN);
    expect(rulesOf(made, lost, get(4, 5, saw(null)))).toEqual([]);
    expect(rulesOf(made, lost, get(4, 5, saw(null)), get(6, 7, saw(7)))).toEqual([]);
    expect(rulesOf(made, lost, get(4, 5, saw(7)), get(6, 7, saw(null)))).toEqual(["stale read"]);
  });
});

describe("the counter of a session", () => {
  it("may count updates under way or of unknown outcome", () => {
    expect(rulesOf(made, update(2, 9, saw(1)), count(3, 4, 1), count(10, 11, 1))).toEqual([]);
    expect(rulesOf(made, update(2, 3, UNKNOWN), count(4, 5, 0))).toEqual([]);
    expect(rulesOf(made, update(2, 3, UNKNOWN), count(4, 5, 0), count(6, 7, 1))).toEqual([]);
  });

  it("must not lose an update", () => {
    const two = [update(2, 3, saw(1)), update(2, 3, saw(2))];
    expect(rulesOf(made, ...two, count(4, 5, 1))).toEqual(["lost update"]);
    expect(rulesOf(made, update(2, 3, saw(1)), update(2, 3, saw(1)))).toEqual(["lost update"]);
    expect(rulesOf(made, update(2, 9, saw(1)), count(3, 4, 1), count(5, 6, 0))).toEqual([
      "lost update",
    ]);
  });

  it("must not apply an update twice, or one that was refused", () => {
    expect(rulesOf(made, update(2, 3, saw(1)), count(4, 5, 2))).toEqual(["duplicate apply"]);
    const refused = [rotate(2, 3), update(4, 5, SUPERSEDED)];
    const seen = { ...count(6, 7, 1), token: 1 };
    expect(rulesOf(made, ...refused, seen)).toEqual(["duplicate apply"]);
  });
});

describe("the end of a session", () => {
  it("may come while a request is under way", () => {
    expect(rulesOf(made, signOut(2, 6), set(7, 3, 8), get(4, 5, GONE))).toEqual([]);
    expect(rulesOf(made, signOut(2, 3, UNKNOWN), get(4, 5, saw(null)))).toEqual([]);
    expect(rulesOf(made, signOut(2, 3, UNKNOWN), get(4, 5, GONE))).toEqual([]);
  });

  it("is for good, by a sign-out, a revocation, a new sign-in, or having been seen", () => {
    const anew: Line = { ...on, kind: "sign-in", makes: "t", start: 2, end: 3, result: DONE };
    for (const ending of [signOut(2, 3), revokeAll(2, 3), anew]) {
      expect(rulesOf(made, ending, get(4, 5, saw(null)))).toEqual(["resurrection"]);
      expect(rulesOf(made, ending, set(7, 4, 5))).toEqual(["resurrection"]);
      expect(rulesOf(made, ending, get(4, 5, GONE))).toEqual([]);
    }
    const seen = [revokeAll(2, 9, UNKNOWN), get(3, 4, GONE), get(5, 6, saw(null))];
    expect(rulesOf(made, ...seen)).toEqual(["resurrection"]);
  });

  it("needs a cause", () => {
    expect(rulesOf(made, get(2, 3, GONE))).toEqual(["lost session"]);
    expect(rulesOf(made, get(2, 3, GONE), signOut(4, 5))).toEqual(["lost session"]);
    expect(rulesOf(revokeAll(-3, -2), made, get(2, 3, GONE))).toEqual(["lost session"]);
    const bobs = { ...revokeAll(2, 3), subject: "bob" };
    expect(rulesOf(made, bobs, get(4, 5, GONE))).toEqual(["lost session"]);
  });

  it("meets the session of a sign-in under way only by its checkpoint", () => {
    const checkpoint: Line = { kind: "checkpoint", start: -5, end: -4, result: DONE };
    const bound: Line = { ...made, checkpoint: 0 };
    const served = get(6, 7, saw(null));
    expect(rulesOf(made, revokeAll(0.5, 3), served)).toEqual([]);
    expect(rulesOf(checkpoint, bound, revokeAll(0.5, 3), served)).toEqual(["resurrection"]);
  });
});

describe("a sign-in", () => {
  const checkpoint: Line = { kind: "checkpoint", start: 0, end: 1, result: DONE };
  const signIn = (start: number, end: number, result: Outcome): Line => ({
    ...{ kind: "sign-in", makes: "t", checkpoint: 0, start, end, result },
  });

  it("is refused by a revocation since its checkpoint, and by nothing else", () => {
    expect(rulesOf(checkpoint, revokeAll(2, 3), signIn(4, 5, REVOKED))).toEqual([]);
    expect(rulesOf(checkpoint, revokeAll(2, 5), signIn(4, 6, REVOKED))).toEqual([]);
    expect(rulesOf(checkpoint, revokeAll(2, 5), signIn(4, 6, DONE))).toEqual([]);
    expect(rulesOf(checkpoint, revokeAll(2, 3), signIn(4, 5, DONE))).toEqual(["checkpoint passed"]);
    expect(rulesOf(checkpoint, signIn(4, 5, REVOKED))).toEqual(["refused without cause"]);
    expect(rulesOf(checkpoint, revokeAll(-3, -2), signIn(4, 5, REVOKED))).toEqual([
      "refused without cause",
    ]);
  });
});

describe("a token", () => {
  it("is worthless once its rotation has returned", () => {
    expect(rulesOf(made, rotate(2, 5), get(3, 4, SUPERSEDED), get(4, 6, saw(null)))).toEqual([]);
    expect(rulesOf(made, rotate(2, 3), { ...get(4, 5, saw(null)), token: 1 })).toEqual([]);
    expect(rulesOf(made, rotate(2, 3), get(4, 5, saw(null)))).toEqual(["replaced token served"]);
    expect(rulesOf(made, get(2, 3, SUPERSEDED))).toEqual(["refused without cause"]);
  });

  it("serves nobody else", () => {
    const other: Outcome = { outcome: "ok", as: "bob", value: null };
    expect(rulesOf(made, get(2, 3, other))).toEqual(["wrong subject"]);
  });
});

/** Rules that a history of this store breaks, taken in this process. */
async function brokenBy(store: SessionStore): Promise<ReadonlySet<string>> {
  const performer = createPerformer(store, randomBytes(32));
  const operations = 3000;
  const history = await runWorkload({
    ...sizesFor(operations),
    operations,
    random: seededRandom(3),
    targets: [performer.perform],
  });
  await performer.close();
  return new Set(checkHistory(history).map(({ rule }) => rule));
}

describe("histories of stores with a fault", () => {
  it("of none are possible", async () => {
    expect(await brokenBy(memoryStore())).toEqual(new Set());
  }, 30_000);

  it("of a put that brings a deleted record back show resurrections", async () => {
    const inner = memoryStore();
    const store: SessionStore = {
      ...inner,
      put(key, record) {
        if (inner.get(key) !== undefined) return inner.put(key, record);
        void inner.create(key, record, { now: Date.now() });
        return true;
      },
    };
    expect(await brokenBy(store)).toContain("resurrection");
  }, 30_000);

  it("of a put that does not compare versions show stale reads and lost updates", async () => {
    const inner = memoryStore();
    const store: SessionStore = {
      ...inner,
      async put(key, record) {
        const found = await inner.get(key);
        if (found === undefined) return false;
        return inner.put(key, { ...record, version: found.version + 1 });
      },
    };
    const rules = await brokenBy(store);
    expect(rules).toContain("stale read");
    expect(rules).toContain("lost update");
  }, 30_000);

  it("of a checkpoint that is not compared show sign-ins that passed", async () => {
    const inner = memoryStore();
    const store: SessionStore = {
      ...inner,
      create: (key, record, { checkpoint: _, ...options }) => inner.create(key, record, options),
    };
    expect(await brokenBy(store)).toContain("checkpoint passed");
  }, 30_000);

  it("of a revocation that misses a session show resurrections", async () => {
    const inner = memoryStore();
    const store: SessionStore = {
      ...inner,
      async deleteSubject(subjectKey, options) {
        const [spared] = await inner.listSubject(subjectKey);
        return inner.deleteSubject(subjectKey, { ...options, except: spared?.record.handle });
      },
    };
    expect(await brokenBy(store)).toContain("resurrection");
  }, 30_000);

  it("of a cache in front of the store show stale reads", async () => {
    const inner = memoryStore();
    const cache = new Map<string, Awaited<ReturnType<SessionStore["get"]>>>();
    const store: SessionStore = {
      ...inner,
      async get(key) {
        const cached = cache.get(key);
        cache.delete(key);
        if (cached !== undefined) return cached;
        cache.set(key, await inner.get(key));
        return inner.get(key);
      },
    };
    expect(await brokenBy(store)).toContain("stale read");
  }, 30_000);
});

describe("histories of the embedded stores, in server processes", () => {
  for (const store of ["memory", "sqlite"] as const) {
    it(`of ${store} are possible`, async () => {
      const result = await runHistory({ store, processes: 3, operations: 2000, seed: 11 });
      expect(result.violations.map(violationText)).toEqual([]);
      expect(result.processes).toBe(store === "memory" ? 1 : 3);
      expect(result.conflicts).toBeGreaterThan(10);
      for (const kind of ["rotate", "sign-out", "revoke-all", "update"] as const) {
        const done = result.history.filter((entry) => entry.kind === kind);
        expect(done.some(({ result: { outcome } }) => outcome === "ok")).toBe(true);
      }
      expect(historyReport([result], "markdown")).toContain("| 0 |");
    }, 60_000);
  }
});
