/**
 * Requests on one store in every order of their store operations: one operation at a time is under way, and
 * a plan says whose is next. Each actor is a process of its own, with nothing but the store in common.
 * @module
 */
import type { SessionEvent } from "../../src/events.ts";
import { rememberMe } from "../../src/remember-me/remember-me.ts";
import { createSessions } from "../../src/sessions.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import type { SessionStore, StoredSession } from "../../src/stores/store.ts";
import { recordFlags } from "../../src/stores/store.ts";
import { fakeClock } from "../../src/testing/index.ts";
import { Browser } from "./browser.ts";
import {
  type AnyData,
  type TestBrowser,
  type TestLevel,
  type TestSessions,
  testKeyring,
} from "./engine.ts";
import type { Choose } from "./mongodb-schedule.ts";

/** Which operations of an actor wait for their turn; those that nobody else can notice need not. */
export type Gate = (operation: keyof SessionStore, values: readonly unknown[]) => boolean;

/** Every operation but making a session and ending one that nobody knows, which have a key of their own. */
export const sharedKeys: Gate = (operation) => operation !== "create";

/** One process, which stops before each gated operation until it may go on. */
class Actor {
  readonly sessions: TestSessions;
  isOver = false;
  failure: unknown;
  #isStarted = false;
  #proceed: () => void = () => {};
  #arrive: () => void = () => {};

  constructor(world: ScheduledWorld, gate: Gate) {
    this.sessions = world.open(this.#gated(world.store, gate));
  }

  start(work: () => Promise<unknown>): Promise<void> {
    const stopped = this.#stop();
    this.#isStarted = true;
    work().then(
      () => this.#end(),
      (error: unknown) => this.#end(error),
    );
    return stopped;
  }

  async step(): Promise<void> {
    const stopped = this.#stop();
    this.#proceed();
    await stopped;
  }

  #gated(store: SessionStore, gate: Gate): SessionStore {
    return new Proxy(store, {
      get: (target, name: keyof SessionStore) => {
        const member = target[name];
        if (typeof member !== "function" || name === "close") return member;
        return async (...values: unknown[]) => {
          if (this.#isStarted && gate(name, values)) await this.#turn();
          return Reflect.apply(member, target, values);
        };
      },
    });
  }

  #stop(): Promise<void> {
    return new Promise((resolve) => {
      this.#arrive = resolve;
    });
  }

  #end(error?: unknown): void {
    this.failure = error;
    this.isOver = true;
    this.#arrive();
  }

  #turn(): Promise<void> {
    return new Promise((resolve) => {
      this.#proceed = resolve;
      this.#arrive();
    });
  }
}

/** A store, a clock, and everything that any process reported. */
export class ScheduledWorld {
  readonly store: SessionStore = memoryStore();
  readonly clock = fakeClock(1_800_000_000_000);
  readonly events: SessionEvent[] = [];
  /** A process outside the race. */
  readonly sessions: TestSessions = this.open(this.store);

  open(store: SessionStore): TestSessions {
    return createSessions<AnyData, TestLevel>({
      keyring: testKeyring(),
      levels: ["remembered", "password", "passkey"] as never,
      rememberMe: rememberMe({ level: "remembered" }),
      now: this.clock.now,
      sweep: false,
      onEvent: (event) => void this.events.push(event),
      store,
    });
  }

  browser(): TestBrowser {
    return new Browser(this.sessions);
  }

  /**
   * Runs the works at once, in the order that `choose` says.
   *
   * @returns What each failed with, if it did.
   */
  async race(
    works: readonly ((sessions: TestSessions) => Promise<unknown>)[],
    choose: Choose,
    gate: Gate = sharedKeys,
  ): Promise<readonly unknown[]> {
    const actors = works.map(() => new Actor(this, gate));
    for (const [i, actor] of actors.entries()) {
      await actor.start(async () => works[i]?.(actor.sessions));
    }
    for (;;) {
      const waiting = actors.filter(({ isOver }) => !isOver);
      if (waiting.length === 0) return actors.map(({ failure }) => failure);
      await waiting[choose(waiting.length)]?.step();
    }
  }

  /** What the store holds of accounts: their series that are alive, and their sessions. */
  async kept(): Promise<{ series: StoredSession[]; sessions: StoredSession[] }> {
    const page = await this.store.scan?.(undefined, 1000);
    const own = (page?.sessions ?? []).filter(({ record }) => record.subjectKey !== null);
    const isSeries = ({ record }: StoredSession) => (record.flags & recordFlags.series) !== 0;
    const isTombstone = ({ record }: StoredSession) => (record.flags & recordFlags.tombstone) !== 0;
    return {
      series: own.filter((each) => isSeries(each) && !isTombstone(each)),
      sessions: own.filter((each) => !isSeries(each)),
    };
  }

  seen(type: SessionEvent["type"]): readonly SessionEvent[] {
    return this.events.filter((event) => event.type === type);
  }
}
