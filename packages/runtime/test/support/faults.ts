/**
 * What the fault tests stand on: a whole application on loopback HTTP over a real store, visitors who note
 * how long they waited, and load that knows which of its writes were confirmed.
 * @module
 */
import { createServer } from "node:http";
import { afterEach, beforeEach, expect, vi } from "vitest";
import { nodeSessions } from "../../src/adapters/node.ts";
import type { SessionEvent } from "../../src/events.ts";
import type { SessionPolicy } from "../../src/options.ts";
import { createSessions } from "../../src/sessions.ts";
import type { SessionStore } from "../../src/stores/store.ts";
import { type CountingStore, countingStore } from "../../src/testing/index.ts";
import {
  type AnyData,
  type TestLevel,
  type TestSessions,
  testKeyring,
  wrapStore,
} from "./engine.ts";
import { type Asked, Client, type Reply, type TestServer } from "./http.ts";
import { listen } from "./servers.ts";

/** Short, so that a store that is away costs a test little. */
export const DEADLINE_SECONDS = 0.5;
/** What a busy machine may add to a deadline. */
export const MARGIN_MILLISECONDS = 500;
/** Longest time from a server's return until sessions are served again. */
export const BACK_MILLISECONDS = 1000;
/** A condition that a server or a client comes to by itself. */
export const POLL = { timeout: 10_000, interval: 10 } as const;

export interface FaultApp extends TestServer {
  readonly sessions: TestSessions;
  readonly store: CountingStore;
  readonly events: SessionEvent[];
  /** Called by each request that counts, before its response ends: the moment before the write. */
  beforeWrite: (() => unknown) | undefined;
  /** Waits for the store's answers to everything that was asked of it, late ones too. */
  quiet(): Promise<void>;
  count(type: SessionEvent["type"]): number;
}

export interface FaultAppOptions {
  readonly now?: () => number;
  readonly policy?: SessionPolicy;
}

const opened: (() => unknown)[] = [];

/** Has something ended after the test: the last first. */
export function ending(end: () => unknown): void {
  opened.push(end);
}

/** Ends what each test began, and fails a test that left an error to nobody. */
export function watchProcess(): void {
  const unhandled: unknown[] = [];
  const note = (error: unknown) => void unhandled.push(error);
  beforeEach(() => {
    unhandled.length = 0;
    process.on("unhandledRejection", note);
    process.on("uncaughtException", note);
  });
  afterEach(async () => {
    for (const end of opened.splice(0).reverse()) await end();
    await new Promise(setImmediate);
    process.off("unhandledRejection", note);
    process.off("uncaughtException", note);
    expect(unhandled).toEqual([]);
  });
}

/** One process of the application. Several on one store share keys, as processes do. */
export async function startApp(
  inner: SessionStore,
  { now, policy }: FaultAppOptions = {},
): Promise<FaultApp> {
  const events: SessionEvent[] = [];
  const errors: unknown[] = [];
  let asked = 0;
  const tracked = wrapStore(inner, async (operation, call) => {
    if (operation === "watch") return call();
    asked += 1;
    try {
      return await call();
    } finally {
      asked -= 1;
    }
  });
  const store = countingStore(tracked);
  const sessions: TestSessions = createSessions<AnyData, TestLevel>({
    keyring: testKeyring(),
    store,
    levels: ["password", "passkey"],
    policy: { storeDeadlineSeconds: DEADLINE_SECONDS, ...policy },
    sweep: false,
    onEvent: (event) => void events.push(event),
    ...(now !== undefined && { now }),
  });
  const { handle, session } = nodeSessions(sessions, {
    onError: (error) => void errors.push(error),
  });
  const server = createServer(
    handle(async (request, response) => {
      const own = session(request);
      const [, page = "", subject = ""] = (request.url ?? "").split("/");
      let body: unknown;
      if (page === "sign-in") await own.signIn(subject, { level: "password" });
      else if (page === "sign-out") await own.signOut();
      else if (page === "revoke-all") body = await sessions.subject(subject).revokeAll();
      else if (page === "count") {
        own.update("n", (n) => Number(n ?? 0) + 1);
        await app.beforeWrite?.();
      } else if (page === "read") body = { subject: own.subject ?? null, n: own.get("n") ?? 0 };
      response.end(JSON.stringify(body ?? null));
    }),
  );
  const { url, close } = await listen(server);
  const app: FaultApp = {
    port: Number(new URL(url).port),
    errors,
    sessions,
    store,
    events,
    beforeWrite: undefined,
    quiet: () => expect.poll(() => asked, POLL).toBe(0),
    count: (wanted) => events.filter(({ type }) => type === wanted).length,
    [Symbol.asyncDispose]: async () => {
      await close();
      await sessions.close();
    },
  };
  ending(() => app[Symbol.asyncDispose]());
  return app;
}

/** What a session holds. */
export interface Seen {
  readonly subject: string | null;
  readonly n: number;
}

/** A browser that notes the longest time it had to wait. */
export class Visitor extends Client {
  slowestMs = 0;

  override async ask(path: string, init: Asked = {}): Promise<Reply> {
    const startedAt = performance.now();
    const reply = await super.ask(path, init);
    this.slowestMs = Math.max(this.slowestMs, performance.now() - startedAt);
    return reply;
  }

  post(path: string): Promise<Reply> {
    return this.ask(path, { method: "POST" });
  }

  /** What the session holds; throws unless it is served. */
  async read(): Promise<Seen> {
    const { status, body } = await this.ask("/read");
    expect(status).toBe(200);
    return JSON.parse(body) as Seen;
  }

  /** The same cookies at another process. */
  at(app: TestServer): Visitor {
    const twin = new Visitor(app);
    for (const [name, value] of this.jar) twin.jar.set(name, value);
    return twin;
  }
}

/** Signs in and comes back once, so that the session is presented and confirmed. */
export async function visitorOf(app: TestServer, subject: string): Promise<Visitor> {
  const visitor = new Visitor(app);
  expect((await visitor.post(`/sign-in/${subject}`)).status).toBe(200);
  expect(await visitor.read()).toEqual({ subject, n: 0 });
  visitor.slowestMs = 0;
  return visitor;
}

/** The cookies of somebody who has signed out, which nobody may be served with again. */
export async function ghostOf(app: TestServer, subject = "ghost"): Promise<Visitor> {
  const visitor = await visitorOf(app, subject);
  const ghost = visitor.at(app);
  expect((await visitor.post("/sign-out")).status).toBe(200);
  return ghost;
}

/** That those cookies are as good as none. */
export async function expectGone(ghost: Visitor): Promise<void> {
  expect((await ghost.read()).subject).toBeNull();
}

/** The answer while the store is away, and that nobody waited longer than the deadline for it. */
export function expectAway(reply: Reply, { slowestMs }: Visitor): void {
  expect(reply.status).toBe(503);
  expect(reply.headers["retry-after"]).toBe("5");
  expect(reply.setCookies).toEqual([]);
  expect(slowestMs).toBeLessThan(DEADLINE_SECONDS * 1000 + MARGIN_MILLISECONDS);
}

/** Asks until the session is served, and expects that within a second. */
export async function expectBack(visitor: Visitor): Promise<void> {
  const startedAt = performance.now();
  await vi.waitFor(async () => expect((await visitor.ask("/read")).status).toBe(200), POLL);
  expect(performance.now() - startedAt).toBeLessThan(BACK_MILLISECONDS);
}

/** That the store's absence was reported once, and so was its return. */
export function expectReportedOnce(app: FaultApp): void {
  expect(app.count("store.unavailable")).toBe(1);
  expect(app.count("store.recovered")).toBe(1);
}

export interface Load {
  /** Writes that were confirmed, of each visitor. */
  readonly confirmed: readonly number[];
  /** Writes of which the answer was 503, of each visitor. */
  readonly unknown: readonly number[];
  /** By `performance.now()`: when a write was last confirmed. */
  readonly lastConfirmedAt: number;
  /** Ends the load, and waits for its last answers. */
  stop(): Promise<void>;
  /** Waits until this many more writes were confirmed. */
  goesOn(writes?: number): Promise<void>;
  /** Waits until this many more writes have failed. */
  fails(writes?: number): Promise<void>;
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, n) => total + n, 0);

/** Has each visitor count, one request after the other, until it is stopped. Anything but 200 and 503 fails. */
export function startLoad(visitors: readonly Visitor[]): Load {
  const confirmed = visitors.map(() => 0);
  const unknown = visitors.map(() => 0);
  let lastConfirmedAt = 0;
  let isOver = false;
  const run = async (visitor: Visitor, at: number) => {
    while (!isOver) {
      const { status } = await visitor.post("/count");
      expect([200, 503]).toContain(status);
      if (status === 200) {
        confirmed[at] = (confirmed[at] ?? 0) + 1;
        lastConfirmedAt = performance.now();
      } else {
        unknown[at] = (unknown[at] ?? 0) + 1;
        // Whoever fails at once must not keep the servers of the same machine from starting.
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }
  };
  const running = Promise.all(visitors.map(run));
  // Told by whoever waits for the end of the load.
  running.catch(() => {});
  const more = async (of: readonly number[], writes: number) => {
    const wanted = sum(of) + writes;
    await expect.poll(() => sum(of), POLL).toBeGreaterThanOrEqual(wanted);
  };
  return {
    confirmed,
    unknown,
    get lastConfirmedAt() {
      return lastConfirmedAt;
    },
    async stop() {
      isOver = true;
      await running;
    },
    goesOn: (writes = 20) => more(confirmed, writes),
    fails: (writes = 4) => more(unknown, writes),
  };
}

/**
 * Lets a server go under load and come back, and sees that it was away once, that sessions are served within
 * a second of its return, that nothing confirmed is lost, and that nobody who signed out is served.
 *
 * @param come Resolves once the server answers again.
 */
export async function expectSurvived(
  app: FaultApp,
  go: () => Promise<unknown>,
  come: () => Promise<unknown>,
): Promise<void> {
  const ghosts = [await ghostOf(app)];
  const names = ["alice", "bob", "carol", "dave"];
  const visitors = await Promise.all(names.map((name) => visitorOf(app, name)));
  const load = startLoad(visitors);
  await load.goesOn();
  ghosts.push(await ghostOf(app));
  await go();
  await load.fails();
  await come();
  const backAt = performance.now();
  await expect.poll(() => load.lastConfirmedAt, POLL).toBeGreaterThan(backAt);
  expect(load.lastConfirmedAt - backAt).toBeLessThan(BACK_MILLISECONDS);
  await load.goesOn();
  await load.stop();
  await expectKept(visitors, load);
  for (const ghost of ghosts) await expectGone(ghost);
  expectReportedOnce(app);
  // A write that had its data before the server went is a second operation.
  const slowest = Math.max(...visitors.map(({ slowestMs }) => slowestMs));
  expect(slowest).toBeLessThan(2 * DEADLINE_SECONDS * 1000 + MARGIN_MILLISECONDS);
}

/** That each visitor's count has every confirmed write, and none twice. */
export async function expectKept(
  visitors: readonly Visitor[],
  { confirmed, unknown }: Pick<Load, "confirmed" | "unknown">,
): Promise<void> {
  for (const [at, visitor] of visitors.entries()) {
    const { n } = await visitor.read();
    const [least = 0, open = 0] = [confirmed[at], unknown[at]];
    expect(n).toBeGreaterThanOrEqual(least);
    expect(n).toBeLessThanOrEqual(least + open);
  }
}
