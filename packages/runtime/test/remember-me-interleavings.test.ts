/**
 * Two browsers of one account and a thief, round after round, in orders that a scheduler finds: tabs in parallel,
 * lost answers, closed browsers, endings. A model beside it knows from the cookies alone which secrets are past
 * their window, and says what must have happened.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readToken, storeKeyOf } from "../src/crypto/token.ts";
import { type SessionEvent, SessionRefusal } from "../src/index.ts";
import { memoryStore } from "../src/stores/memory.ts";
import { recordFlags, type SessionStore } from "../src/stores/store.ts";
import { fakeClock } from "../src/testing/index.ts";
import type { TestBrowser } from "./support/engine.ts";
import { closeBrowser, DEVICE, SID, startRemembering } from "./support/remember.ts";

const RUNS = Number(process.env.HOLDFAST_TEST_RUNS ?? 80);
const SEED = Number(process.env.HOLDFAST_TEST_SEED ?? 20261123);
const GRACE_MS = 60_000;
const WHO = ["first", "second"] as const;
type Who = (typeof WHO)[number];

const honest = fc.oneof(
  { weight: 6, arbitrary: fc.constant("tab" as const) },
  { weight: 2, arbitrary: fc.constant("lost" as const) },
  { weight: 1, arbitrary: fc.constant("stepUp" as const) },
  { weight: 1, arbitrary: fc.constant("rotateAll" as const) },
);
const ending = fc.constantFrom(...(["signOut", "revokeAll", "rotate"] as const));
const theft = fc.constantFrom(...(["steal", "steal", "thief", "thief", "thief"] as const));

/** Seconds between rounds: nothing, past the window, past a session's idle end, days. */
const pause = fc.constantFrom(1, 30, 61, 1801, 200_000);

const roundOf = <Operation extends string>(operation: fc.Arbitrary<Operation>) =>
  fc.array(
    fc.record({
      after: pause,
      closes: fc.constantFrom(...([[], ["first"], ["second"], WHO] as const)),
      operations: fc.array(fc.record({ who: fc.constantFrom(...WHO), operation }), {
        minLength: 1,
        maxLength: 5,
      }),
    }),
    { minLength: 1, maxLength: 7 },
  );
type Operation = "tab" | "lost" | "stepUp" | "rotateAll" | "signOut" | "revokeAll" | "rotate";
type Any = Operation | "steal" | "thief";

function scheduled(store: SessionStore, scheduler: fc.Scheduler): SessionStore {
  return new Proxy(store, {
    get(target, name: keyof SessionStore) {
      const member = target[name];
      if (typeof member !== "function" || name === "close") return member;
      return async (...values: never[]) => {
        await scheduler.schedule(Promise.resolve(), `${name} begins`);
        const answer = (member as (...values: never[]) => unknown).apply(target, values);
        await scheduler.schedule(Promise.resolve(), `${name} answers`);
        return answer;
      };
    },
  });
}

const seriesOf = (token: string) => storeKeyOf(readToken(token) ?? expect.fail("no token"));

class World {
  readonly clock = fakeClock(1_800_000_000_000);
  readonly inner = memoryStore();
  readonly engine;
  readonly browsers: Record<Who, TestBrowser>;
  readonly thief: TestBrowser;
  /** Browsers that have nothing that would bring them back, or may have. */
  readonly out = new Set<Who>(WHO);
  /** What each device cookie was answered with. */
  readonly successors = new Map<string, string>();
  /** The device cookie that came with a session's cookie, and the one that was presented for both. */
  readonly predecessors = new Map<string, string>();
  readonly closesAt = new Map<string, number>();
  /** The series' handle by a session's, and the handles of those that have ended. */
  readonly deviceOf = new Map<string, string>();
  readonly ended = new Set<string>();
  alarms = 0;

  constructor(scheduler: fc.Scheduler) {
    this.engine = startRemembering({
      clock: this.clock,
      store: scheduled(this.inner, scheduler),
      policy: { storeDeadlineSeconds: 30 }, // The scheduler takes its time: no deadline is at issue here.
      onEvent: (event) => this.#note(event),
    });
    const { newBrowser } = this.engine;
    this.browsers = { first: newBrowser(), second: newBrowser() };
    this.thief = newBrowser();
  }

  #note(event: SessionEvent): void {
    if (event.type === "device.remembered" || event.type === "device.resumed") {
      this.deviceOf.set(event.session, event.handle);
    }
    if (event.type === "device.theft-detected") this.alarms++;
  }

  async signIn(who: Who): Promise<void> {
    const browser = this.browsers[who];
    const options = { level: "password", remember: true } as const;
    await browser.visit((session) => session.signIn("alice", options));
    await browser.visit((session) => session.subject);
    this.out.delete(who);
  }

  async run(who: Who, operation: Any): Promise<void> {
    const browser = this.browsers[who];
    if (operation === "steal") {
      const cookie = browser.jar.get(DEVICE);
      if (cookie !== undefined) this.thief.jar.set(DEVICE, cookie);
      this.thief.jar.delete(SID);
      return;
    }
    if (operation === "rotateAll") {
      return void (await this.engine.sessions.subject("alice").rotateAll());
    }
    if (operation === "revokeAll") {
      const before = [...this.deviceOf.values()];
      for (const each of WHO) this.out.add(each);
      await this.engine.sessions.subject("alice").revokeAll();
      for (const handle of before) this.ended.add(handle);
      return;
    }
    // Answers of a rotation that tabs overtake are the application's own doing.
    if (operation === "signOut" || operation === "rotate") this.out.add(who);
    await this.#request(operation === "thief" ? this.thief : browser, operation);
  }

  async #request(browser: TestBrowser, operation: Any): Promise<void> {
    const endedBefore = new Set(this.ended);
    const [sid, device] = [browser.jar.get(SID), browser.jar.get(DEVICE)];
    const isLate =
      sid === undefined &&
      device !== undefined &&
      this.clock.now() > (this.closesAt.get(device) ?? Number.POSITIVE_INFINITY);
    const exchange = await browser.open();
    const { session } = exchange;
    let subject: string | undefined;
    try {
      subject = session.subject;
      if (subject !== undefined) {
        expect(subject).toBe("alice");
        expect(endedBefore.has(this.deviceOf.get(session.handle as string) ?? "")).toBe(false);
        // A page asks for it, which was loaded before.
        if (operation === "stepUp" && sid !== undefined) await session.stepUp("passkey");
        if (operation === "rotate") await session.rotate();
        if (operation === "signOut") {
          const handle = this.deviceOf.get(session.handle as string);
          await session.signOut();
          if (handle !== undefined) this.ended.add(handle);
        }
      }
    } catch (error) {
      if (!(error instanceof SessionRefusal)) throw error;
    }
    const head = await exchange.settle({
      cacheControl: undefined,
      contentType: undefined,
      failed: false,
    });
    expect(head.failure).toBeUndefined();
    if (isLate) await this.#expectFoundOut(subject, device);
    this.#learn(sid, device, head.setCookies, subject !== undefined, operation);
    if (operation !== "lost") browser.receive(head);
  }

  /** Past its window: nothing is served, and nothing that came from the series is left. */
  async #expectFoundOut(subject: string | undefined, device: string): Promise<void> {
    expect(subject, "served by a secret that is past its window").toBe(undefined);
    const record = await this.inner.get(seriesOf(device));
    if (record !== undefined) {
      expect(record.flags & recordFlags.tombstone, "found out at that moment").not.toBe(0);
      this.ended.add(record.handle);
    }
  }

  #learn(
    sid: string | undefined,
    device: string | undefined,
    lines: readonly string[],
    isServed: boolean,
    operation: Any,
  ): void {
    const received = (name: string) =>
      lines.map((line) => new RegExp(`^${name}=([^;]+)`).exec(line)?.[1]).find((value) => value);
    const close = (token: string | undefined) => {
      if (token !== undefined && !this.closesAt.has(token)) {
        this.closesAt.set(token, this.clock.now() + GRACE_MS);
      }
    };
    if (sid !== undefined && isServed) close(this.predecessors.get(sid));
    const [newSid, newDevice] = [received(SID), received(DEVICE)];
    if (device === undefined || newDevice === undefined || operation === "rotate") return;
    if (seriesOf(device) !== seriesOf(newDevice)) return;
    const known = this.successors.get(device);
    if (known !== undefined) expect(newDevice, "the same successor, always").toBe(known);
    this.successors.set(device, newDevice);
    if (newSid !== undefined && operation !== "stepUp") this.predecessors.set(newSid, device);
    // Who presents a secret has it: its own predecessor's time runs out.
    for (const [before, after] of this.successors) if (after === device) close(before);
  }

  /** What must hold whenever nothing is under way: one secret of each series is current, one its predecessor. */
  async check(): Promise<void> {
    for (const { record } of (await this.inner.scan?.(undefined, 1000))?.sessions ?? []) {
      if ((record.flags & recordFlags.series) === 0) continue;
      if ((record.flags & recordFlags.tombstone) !== 0) continue;
      expect(this.ended.has(record.handle), "an ended series is in the store").toBe(false);
      expect(record.retired.slice(1).every(({ until }) => until !== null)).toBe(true);
    }
  }
}

async function play(
  scheduler: fc.Scheduler,
  plan: readonly {
    readonly after: number;
    readonly closes: readonly Who[];
    readonly operations: readonly { readonly who: Who; readonly operation: Any }[];
  }[],
  afterRound: (world: World) => Promise<void>,
): Promise<void> {
  const world = new World(scheduler);
  for (const { after, closes, operations } of plan) {
    world.clock.advance(after);
    for (const who of world.out) await scheduler.waitFor(world.signIn(who));
    for (const who of closes) closeBrowser(world.browsers[who]);
    const all = operations.map(({ who, operation }) => world.run(who, operation));
    await scheduler.waitFor(Promise.all(all));
    await world.check();
    await scheduler.waitFor(afterRound(world));
  }
  await world.engine.sessions.close();
}

describe("two browsers in every order", { timeout: 60_000 + RUNS * 1000 }, () => {
  it("raise no alarm, and stay signed in until they are ended", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        roundOf<Any>(fc.oneof({ weight: 6, arbitrary: honest }, { weight: 1, arbitrary: ending })),
        (scheduler, plan) =>
          play(scheduler, plan, async (world) => {
            expect(world.alarms).toBe(0);
            expect(world.engine.refusals()).not.toContain("reused");
            for (const who of WHO) {
              if (world.out.has(who)) continue;
              const { result } = await world.browsers[who].visit((session) => session.subject);
              expect(result, `${who} is still signed in`).toBe("alice");
            }
          }),
      ),
      { numRuns: RUNS, seed: SEED },
    );
  });

  it("with a thief among them: whoever comes past the window ends what came of it", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        roundOf<Any>(
          fc.oneof(
            { weight: 5, arbitrary: honest },
            { weight: 4, arbitrary: theft },
            { weight: 1, arbitrary: ending },
          ),
        ),
        (scheduler, plan) =>
          play(scheduler, plan, async (world) => {
            // Owners who were signed out with the thief sign in again.
            for (const who of WHO) {
              if (world.browsers[who].jar.get(DEVICE) === undefined) world.out.add(who);
            }
          }),
      ),
      { numRuns: RUNS, seed: SEED },
    );
  });
});
