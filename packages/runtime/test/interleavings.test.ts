/**
 * Requests of one browser, a thief's copy and the server's own actions, in every order that a scheduler
 * finds: each store operation is a point where another may overtake. After each round nothing may have
 * been lost, brought back or let in.
 * @module
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readToken, secretHashOf, storeKeyOf } from "../src/crypto/token.ts";
import { isServed, judgeSecret } from "../src/engine/judge.ts";
import {
  createKeyring,
  createSessions,
  type SessionEvent,
  SessionRefusal,
  sessionData,
} from "../src/index.ts";
import { memoryStore } from "../src/stores/memory.ts";
import type { SessionStore } from "../src/stores/store.ts";
import { recordFlags } from "../src/stores/store.ts";
import { fakeClock } from "../src/testing/index.ts";
import { Browser } from "./support/browser.ts";

type Data = { count: number; keys: Record<string, number>; [key: `k${number}`]: number };

const RUNS = Number(process.env.HOLDFAST_TEST_RUNS ?? 80);
const SEED = Number(process.env.HOLDFAST_TEST_SEED ?? 20261123);

const operation = fc.oneof(
  { weight: 4, arbitrary: fc.constant("read" as const) },
  { weight: 4, arbitrary: fc.constant("set" as const) },
  { weight: 4, arbitrary: fc.constant("update" as const) },
  { weight: 2, arbitrary: fc.constant("signIn" as const) },
  { weight: 1, arbitrary: fc.constant("stepUp" as const) },
  { weight: 1, arbitrary: fc.constant("rotate" as const) },
  { weight: 1, arbitrary: fc.constant("rotateAll" as const) },
  { weight: 1, arbitrary: fc.constant("signOut" as const) },
  { weight: 1, arbitrary: fc.constant("revokeAll" as const) },
  { weight: 1, arbitrary: fc.constant("sweep" as const) },
  { weight: 1, arbitrary: fc.constant("wait" as const) },
);
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

/** Seconds between rounds: nothing, a rotation's grace, a rotation due, an idle timeout. */
const pause = fc.oneof(
  { weight: 4, arbitrary: fc.constant(1) },
  { weight: 2, arbitrary: fc.constant(31) },
  { weight: 3, arbitrary: fc.constant(901) },
  { weight: 1, arbitrary: fc.constant(1801) },
);

const rounds = fc.array(
  fc.record({ after: pause, operations: fc.array(operation, { minLength: 1, maxLength: 6 }) }),
  { minLength: 1, maxLength: 6 },
);

/** Every operation of the store waits for the scheduler, before it happens and before its answer is seen. */
function scheduled(store: SessionStore, scheduler: fc.Scheduler): SessionStore {
  return new Proxy(store, {
    get(target, name: keyof SessionStore) {
      const member = target[name];
      if (typeof member !== "function" || name === "close") return member;
      return async (...args: never[]) => {
        await scheduler.schedule(Promise.resolve(), `${name} begins`);
        const answer = (member as (...args: never[]) => unknown).apply(target, args);
        await scheduler.schedule(Promise.resolve(), `${name} answers`);
        return answer;
      };
    },
  });
}

/** What one request did, as far as it was told. */
interface Trace {
  readonly id: number;
  dropped: boolean;
}

class World {
  readonly clock = fakeClock(1_800_000_000_000);
  readonly inner = memoryStore();
  readonly events: SessionEvent[] = [];
  readonly trace = new AsyncLocalStorage<Trace>();
  readonly sessions;
  readonly browser;
  /** Tokens handed out, by store key. */
  readonly issued = new Map<string, Set<string>>();
  /** Keys that a committed request has written, and increments that it made, by handle. */
  readonly written = new Map<string, Set<string>>();
  readonly increments = new Map<string, number>();
  /** Handles that a sign-in made, and those that were ended before now. */
  readonly proved = new Set<string>();
  readonly ended = new Set<string>();
  #ids = 0;

  constructor(scheduler: fc.Scheduler) {
    this.sessions = createSessions({
      keyring: createKeyring({ bytes: randomBytes(32) }),
      store: scheduled(this.inner, scheduler),
      data: sessionData<Data>(),
      now: this.clock.now,
      sweep: false,
      policy: { storeDeadlineSeconds: 30 }, // The scheduler takes its time: no deadline is at issue here.
      onEvent: (event) => {
        this.events.push(event);
        const trace = this.trace.getStore();
        if (event.type === "write.dropped" && trace !== undefined) trace.dropped = true;
        if (event.type === "session.signed-in") this.proved.add(event.handle);
      },
    });
    this.browser = new Browser(this.sessions);
  }

  run(operation: Operation): Promise<void> {
    const trace: Trace = { id: ++this.#ids, dropped: false };
    return this.trace.run(trace, () => this.#run(operation, trace));
  }

  async #run(operation: Operation, trace: Trace): Promise<void> {
    const { sessions } = this;
    // Less than the grace, however many of them meet in one round.
    if (operation === "wait") return this.clock.advance(4);
    if (operation === "sweep") return void (await sessions.sweep());
    const ada = sessions.subject("ada");
    if (operation === "rotateAll") return void (await ada.rotateAll());
    if (operation === "revokeAll") {
      const before = new Set(this.proved);
      await ada.revokeAll();
      for (const handle of before) this.ended.add(handle);
      return;
    }
    await this.#request(operation, trace);
  }

  async #request(operation: Operation, trace: Trace): Promise<void> {
    const endedBefore = new Set(this.ended);
    const exchange = await this.browser.open();
    const { session } = exchange;
    let wrote: string | undefined;
    let signedOut: string | undefined;
    let refused = false;
    try {
      const { handle, subject } = session;
      if (subject !== undefined) {
        expect(subject).toBe("ada");
        expect(this.proved.has(handle as string), "served only after a sign-in").toBe(true);
        expect(endedBefore.has(handle as string), "a session that had ended was served").toBe(
          false,
        );
      }
      if (operation === "set") session.set(`k${trace.id}`, trace.id);
      if (operation === "update") session.update("count", (count = 0) => count + 1);
      if (operation === "signIn") await session.signIn("ada", { carry: ["count"] });
      if (operation === "stepUp" && subject !== undefined) await session.stepUp();
      if (operation === "rotate") await session.rotate();
      if (operation === "signOut") {
        await session.signOut();
        signedOut = handle;
      }
      wrote = operation === "set" || operation === "update" ? "data" : undefined;
    } catch (error) {
      if (!(error instanceof SessionRefusal)) throw error;
      refused = true;
    }
    if (signedOut !== undefined) this.ended.add(signedOut);
    const head = await this.browser.finish(exchange);
    expect(head.failure).toBeUndefined();
    this.#issue(head.setCookies);
    if (wrote === undefined || refused || trace.dropped) return;
    const { handle } = session;
    if (handle === undefined) return;
    if (operation === "update") {
      this.increments.set(handle, (this.increments.get(handle) ?? 0) + 1);
    } else {
      const keys = this.written.get(handle) ?? new Set();
      this.written.set(handle, keys.add(`k${trace.id}`));
    }
  }

  #issue(lines: readonly string[]): void {
    for (const line of lines) {
      const [, value = ""] = /^__Host-sid(?:-anon)?=([^;]*)/.exec(line) ?? [];
      const token = readToken(value);
      if (token === undefined) continue;
      const key = storeKeyOf(token);
      this.issued.set(key, (this.issued.get(key) ?? new Set()).add(value));
    }
  }

  /** What must hold whenever nothing is under way. */
  async check(): Promise<void> {
    for (const [key, tokens] of this.issued) {
      const record = await this.inner.get(key);
      if (record === undefined) continue;
      if ((record.flags & recordFlags.tombstone) === 0 && record.subjectKey !== null) {
        expect(this.ended.has(record.handle), "an ended session is in the store").toBe(false);
      }
      const served = [...tokens].filter((text) => {
        const secretHash = secretHashOf(readToken(text)?.secret as Buffer);
        return isServed(judgeSecret(record, secretHash, this.clock.now(), 60));
      });
      expect(served.length, "accepted secrets of one series").toBeLessThanOrEqual(2);
    }
  }

  /** Reads the browser's session as its next request would, and compares it with what was confirmed. */
  async checkData(): Promise<void> {
    const exchange = await this.browser.open();
    const { session } = exchange;
    try {
      const { handle } = session;
      if (handle !== undefined) {
        for (const key of this.written.get(handle) ?? []) {
          expect(session.get(key as `k${number}`), `${key} was confirmed`).toBe(
            Number(key.slice(1)),
          );
        }
        // What was carried over at a sign-in comes on top.
        const count = session.get("count") ?? 0;
        expect(count).toBeGreaterThanOrEqual(this.increments.get(handle) ?? 0);
      }
    } catch (error) {
      if (!(error instanceof SessionRefusal)) throw error;
    }
    await this.browser.finish(exchange);
  }
}

describe("requests in every order", () => {
  it("lose nothing, bring nothing back and let nobody in", {
    timeout: 60_000 + RUNS * 1000,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), rounds, async (scheduler, plan) => {
        const world = new World(scheduler);
        for (const { after, operations } of plan) {
          world.clock.advance(after);
          await scheduler.waitFor(Promise.all(operations.map((each) => world.run(each))));
          await world.check();
          await scheduler.waitFor(world.checkData());
        }
        await world.sessions.close();
      }),
      { numRuns: RUNS, seed: SEED, endOnFailure: false },
    );
  });

  it("raise no false alarm while tabs load in parallel", {
    timeout: 60_000 + RUNS * 1000,
  }, async () => {
    const reading = fc.constantFrom(...(["read", "set", "update", "wait"] as const));
    const parallel = fc.array(
      fc.record({
        after: fc.constantFrom(1, 5, 29, 200, 901),
        operations: fc.array(reading, { minLength: 1, maxLength: 6 }),
      }),
      { minLength: 1, maxLength: 8 },
    );
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), parallel, async (scheduler, plan) => {
        const world = new World(scheduler);
        await scheduler.waitFor(world.run("signIn"));
        for (const { after, operations } of plan) {
          world.clock.advance(after);
          // One request at least, or the session would rightly end by inactivity.
          const all = ["read" as const, ...operations];
          await scheduler.waitFor(Promise.all(all.map((each) => world.run(each))));
          const alarms = world.events.filter(
            (event) => event.type === "token.refused" || event.type === "session.revoked",
          );
          expect(alarms).toEqual([]);
          const exchange = world.browser.open();
          await scheduler.waitFor(exchange);
          expect((await exchange).session.subject, "still signed in").toBe("ada");
        }
        await world.sessions.close();
      }),
      { numRuns: RUNS, seed: SEED },
    );
  });
});
