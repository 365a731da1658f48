/** What the memory store promises beyond the contract: a bound, and who goes first. */
import { describe, expect, it } from "vitest";
import { sampleNow, sampleSession, sampleSubject } from "../testing/index.ts";
import { memoryStore } from "./memory.ts";
import type { SessionStore } from "./store.ts";

const now = sampleNow;
const alice = sampleSubject(1);
const MINUTE = 60_000;

function create(store: SessionStore, n: number, subjectKey: string | null, idleExpiresAt: number) {
  const { key, record } = sampleSession(n, { subjectKey, idleExpiresAt });
  return { key, outcome: store.create(key, record, { now }) };
}

describe("memoryStore", () => {
  it("answers with values, never with promises", () => {
    const store = memoryStore();
    const { key, outcome } = create(store, 1, alice, now + MINUTE);
    expect(outcome).toBe("created");
    expect(store.get(key)).toBe(store.get(key));
    expect(store.touch(key, 1, now + 2 * MINUTE)).toBe(true);
    expect(store.listSubject(alice)).toHaveLength(1);
    expect(store.sweep(now, 1)).toEqual({ removed: 0, done: true });
    expect(store.delete(key)).toBe(true);
  });

  it("drops the oldest anonymous session when it is full", () => {
    const store = memoryStore({ maxSessions: 4 });
    const signedIn = create(store, 0, alice, now + MINUTE);
    const anonymous = [1, 2, 3, 4, 5].map((n) => create(store, n, null, now + (1 + n) * MINUTE));
    expect(anonymous.map(({ key }) => store.get(key) !== undefined)).toEqual([
      false,
      false,
      true,
      true,
      true,
    ]);
    expect(store.get(signedIn.key)).toBeDefined();
  });

  it("spares an anonymous session that was renewed", () => {
    const store = memoryStore({ maxSessions: 2 });
    const first = create(store, 1, null, now + MINUTE);
    const second = create(store, 2, null, now + 2 * MINUTE);
    store.touch(first.key, 1, now + 3 * MINUTE);
    create(store, 3, null, now + 4 * MINUTE);
    expect(store.get(first.key)).toBeDefined();
    expect(store.get(second.key)).toBeUndefined();
  });

  it("drops a signed-in session only when it is long dead, and then before any other", () => {
    const store = memoryStore({ maxSessions: 2 });
    const dead = create(store, 1, alice, now - 300_001);
    const anonymous = create(store, 2, null, now + MINUTE);
    create(store, 3, alice, now - 300_000);
    expect(store.get(dead.key)).toBeUndefined();
    expect(store.get(anonymous.key)).toBeDefined();
  });

  it("refuses a session when only signed-in ones are left, and keeps them all", () => {
    const store = memoryStore({ maxSessions: 2 });
    const kept = [1, 2].map((n) => create(store, n, alice, now + MINUTE));
    expect(() => create(store, 3, null, now + MINUTE)).toThrow(
      expect.objectContaining({ code: "HOLDFAST_STORE_FULL", details: { maxSessions: 2 } }),
    );
    for (const { key } of kept) expect(store.get(key)).toBeDefined();
  });

  it("takes a session in the place of another though it is full", () => {
    const store = memoryStore({ maxSessions: 1 });
    const old = create(store, 1, alice, now + MINUTE);
    const next = sampleSession(2, { subjectKey: alice });
    expect(store.create(next.key, next.record, { now, replaces: old.key })).toBe("created");
    expect(store.get(old.key)).toBeUndefined();
  });

  it("holds no more checkpoints than sessions, and drops the one unused for longest", () => {
    const store = memoryStore({ maxSessions: 2 });
    const [first, second] = [0, 1].map((n) => store.checkpoint(sampleSubject(n), now + n));
    store.checkpoint(sampleSubject(2), now + 2);
    expect(store.checkpoint(sampleSubject(1), now + 3)).toBe(second);
    expect(store.checkpoint(sampleSubject(0), now + 4)).not.toBe(first);
  });

  it("serves a flood of anonymous sessions without growing", () => {
    const store = memoryStore({ maxSessions: 1000 });
    for (let n = 0; n < 20_000; n += 1) create(store, n, null, now + n);
    expect(store.deleteAll()).toBe(1000);
  });

  for (const maxSessions of [0, -1, 1.5, Number.NaN, 10_000_001]) {
    it(`refuses maxSessions ${maxSessions}`, () => {
      expect(() => memoryStore({ maxSessions })).toThrow(/"maxSessions" must be a whole number/);
    });
  }

  it("refuses an option that it does not know", () => {
    const misspelt = { maxSession: 5 } as object;
    expect(() => memoryStore(misspelt)).toThrow(/"maxSession" is not an option/);
  });
});
