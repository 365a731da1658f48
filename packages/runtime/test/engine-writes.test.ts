/**
 * Reading and writing: no lost updates, no resurrection, unknown outcomes, early and late commits, and
 * what a store that is away does to a response.
 */
import Database from "libsql";
import { describe, expect, it, vi } from "vitest";
import { memoryStore } from "../src/stores/memory.ts";
import { sqliteStore } from "../src/stores/sqlite.ts";
import type { SessionRecord } from "../src/stores/store.ts";
import {
  asyncStore,
  gate,
  keyOf,
  overwrite,
  signedIn,
  startEngine,
  tamper,
  wrapStore,
} from "./support/engine.ts";
import { type Fault, faultyStore } from "./support/faulty-store.ts";

const stores = [
  ["memory", () => memoryStore()],
  ["memory, with promises", () => asyncStore(memoryStore())],
  ["sqlite", () => sqliteStore(new Database(":memory:"))],
] as const;

const increment = (n: unknown) => ((n as number | undefined) ?? 0) + 1;

for (const [name, open] of stores) {
  describe(`parallel writers, ${name}`, () => {
    for (const kind of ["signed in", "anonymous"] as const) {
      it(`leaves fifty keys and a count of fifty after fifty parallel requests, ${kind}`, async () => {
        const engine = startEngine({ store: open() });
        const browser = kind === "signed in" ? await signedIn(engine) : engine.newBrowser();
        await browser.visit((session) => session.set("start", 1));
        await browser.visit((session) => session.get("start"));
        const exchanges = await Promise.all(
          Array.from({ length: 50 }, () => browser.copy().open()),
        );
        const heads = await Promise.all(
          exchanges.map(async ({ session, settle }, n) => {
            session.set(`key ${n}`, n);
            session.update("count", increment);
            session.flash("notice", n);
            return settle({ cacheControl: undefined, contentType: undefined, failed: false });
          }),
        );
        expect(heads.filter(({ failure }) => failure !== undefined)).toEqual([]);
        const { result } = await browser.visit((session) => ({
          count: session.get("count"),
          keys: Array.from({ length: 50 }, (_, n) => session.get(`key ${n}`)),
          flash: session.takeFlash<number>("notice"),
        }));
        expect(result.count).toBe(50);
        expect(result.keys).toEqual(Array.from({ length: 50 }, (_, n) => n));
        expect([...result.flash].sort((left, right) => left - right)).toEqual(result.keys);
      });
    }

    it("keeps every write while the session rotates under it", async () => {
      const engine = startEngine({ store: open() });
      const browser = await signedIn(engine);
      engine.clock.advance(901);
      const tabs = Array.from({ length: 20 }, () => browser.copy());
      await Promise.all(
        tabs.map((tab) => tab.visit((session) => session.update("count", increment))),
      );
      expect(engine.seen("session.rotated")).toHaveLength(1);
      expect(new Set(tabs.map(({ token }) => token)).size).toBe(1);
      const { result } = await (tabs[0] as typeof browser).visit((session) => session.get("count"));
      expect(result).toBe(20);
    });

    it("takes a flash message once per request that shows it, and loses none", async () => {
      const engine = startEngine({ store: open() });
      const { browser } = engine;
      await browser.visit((session) => session.flash("notice", "one"));
      const [first, second] = [await browser.open(), await browser.open()];
      expect(first.session.takeFlash("notice")).toEqual(["one"]);
      expect(second.session.takeFlash("notice")).toEqual(["one"]);
      second.session.flash("notice", "two");
      await browser.finish(second);
      await browser.finish(first);
      expect((await browser.visit((session) => session.takeFlash("notice"))).result).toEqual([
        "two",
      ]);
      expect((await browser.visit((session) => session.takeFlash("notice"))).result).toEqual([]);
    });
  });
}

describe("one request", () => {
  it("commits twice without writing anything twice", async () => {
    for (const [, open] of stores) {
      const engine = startEngine({ store: open() });
      const browser = await signedIn(engine);
      await browser.visit(async (session) => {
        session.update("count", increment);
        await session.commit();
        session.update("count", increment);
        await session.commit();
        session.update("count", increment);
        expect(session.get("count")).toBe(3);
      });
      expect((await browser.visit((session) => session.get("count"))).result).toBe(3);
    }
  });

  it("keeps a change that is made while a commit is under way", async () => {
    const held = gate();
    let holds = false;
    const engine = startEngine({
      store: wrapStore(memoryStore(), async (operation, call) => {
        if (holds && operation === "put") await held.opened;
        return call();
      }),
    });
    const browser = await signedIn(engine);
    holds = true;
    await browser.visit(async (session) => {
      session.update("count", increment);
      const committing = session.commit();
      await Promise.resolve();
      await Promise.resolve();
      session.update("count", increment);
      session.set("late", true);
      held.open();
      await committing;
      expect([session.get("count"), session.get("late")]).toEqual([2, true]);
    });
    const { result } = await browser.visit((session) => [
      session.get("count"),
      session.get("late"),
    ]);
    expect(result).toEqual([2, true]);
  });

  it("applies each change once when two commits overlap", async () => {
    const engine = startEngine({ store: asyncStore(memoryStore()) });
    const browser = await signedIn(engine);
    await browser.visit(async (session) => {
      session.update("count", increment);
      const first = session.commit();
      session.update("count", increment);
      const second = session.commit();
      session.update("count", increment);
      await Promise.all([first, second]);
    });
    expect((await browser.visit((session) => session.get("count"))).result).toBe(3);
  });

  it("keeps the head back until a commit that nobody awaits is done", async () => {
    const held = gate();
    let holds = false;
    const engine = startEngine({
      store: wrapStore(memoryStore(), async (operation, call) => {
        if (holds && operation === "put") await held.opened;
        return call();
      }),
    });
    const browser = await signedIn(engine);
    holds = true;
    const exchange = await browser.open();
    exchange.session.set("cart", 1);
    const committing = exchange.session.commit();
    let isOut = false;
    const head = browser.finish(exchange).then((change) => {
      isOut = true;
      return change;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(isOut).toBe(false);
    held.open();
    expect((await head).failure).toBeUndefined();
    await committing;
    expect((await browser.visit((session) => session.get("cart"))).result).toBe(1);
  });

  it("saves data after the head, but no token then", async () => {
    const engine = startEngine();
    const browser = await signedIn(engine);
    const exchange = await browser.open();
    await browser.finish(exchange);
    const { session } = exchange;
    session.set("late", 1);
    await session.commit();
    for (const run of [
      () => session.rotate(),
      () => session.stepUp("passkey"),
      () => session.signIn("bob", { level: "password" }),
      () => session.signOut(),
    ]) {
      await expect(run()).rejects.toMatchObject({ code: "HOLDFAST_HEAD_SENT" });
    }
    expect((await browser.visit((next) => next.get("late"))).result).toBe(1);

    const visitor = await engine.newBrowser().open();
    await engine.newBrowser().finish(visitor);
    visitor.session.set("cart", 1);
    await expect(visitor.session.commit()).rejects.toMatchObject({ code: "HOLDFAST_HEAD_SENT" });
  });

  it("saves nothing that a handler changed last before it threw, but delivers its new token", async () => {
    const engine = startEngine();
    const browser = await signedIn(engine);
    const exchange = await browser.open();
    exchange.session.set("kept", 1);
    await exchange.session.rotate();
    exchange.session.set("lost", 1);
    const head = await browser.finish(exchange, { head: { failed: true } });
    expect(head.setCookies).toHaveLength(1);
    const { result } = await browser.visit((session) => [session.get("kept"), session.get("lost")]);
    expect(result).toEqual([1, undefined]);
  });

  it("takes the changes so far along with rotate, stepUp and commit", async () => {
    for (const run of ["rotate", "stepUp", "commit"] as const) {
      const engine = startEngine();
      const browser = await signedIn(engine);
      const other = browser.copy();
      const exchange = await browser.open();
      exchange.session.update("count", increment);
      await other.visit((session) => session.update("count", increment));
      if (run === "stepUp") await exchange.session.stepUp("passkey");
      else await exchange.session[run]();
      expect(exchange.session.get("count")).toBe(2);
      exchange.session.update("count", increment);
      await browser.finish(exchange);
      expect((await browser.visit((session) => session.get("count"))).result).toBe(3);
    }
  });

  it("drops writes to a session that is gone, keeps the response, and says so", async () => {
    const engine = startEngine();
    const browser = await signedIn(engine);
    const exchange = await browser.open();
    exchange.session.set("cart", 1);
    await engine.sessions.subject("alice").revokeAll();
    const head = await browser.finish(exchange);
    expect(head).toMatchObject({ failure: undefined, setCookies: [] });
    expect(engine.seen("write.dropped")).toMatchObject([{ reason: "gone" }]);
  });

  it("reads once and writes nothing for an unchanged request", async () => {
    const engine = startEngine();
    const browser = await signedIn(engine);
    await browser.visit((session) => session.set("cart", { items: [1] }));
    engine.store.reset();
    await browser.visit((session) => {
      expect(session.get("cart")).toEqual({ items: [1] });
      session.set("cart", { items: [1] });
    });
    await browser.visit((session) => session.subject);
    expect(engine.store.counts.get).toBe(2);
    expect(engine.store.total).toBe(2);
  });

  it("gives out what cannot be changed behind its back", async () => {
    const engine = startEngine();
    const { browser } = engine;
    const cart = { items: [1] };
    await browser.visit((session) => {
      session.set("cart", cart);
      cart.items.push(2);
      expect(session.get("cart")).toEqual({ items: [1] });
      expect(() => (session.get("cart") as typeof cart).items.push(3)).toThrow(TypeError);
    });
    await browser.visit((session) => {
      expect(session.get("cart")).toEqual({ items: [1] });
      expect(() => (session.get("cart") as typeof cart).items.push(3)).toThrow(TypeError);
      session.update("cart", (value) => {
        expect(() => (value as typeof cart).items.push(3)).toThrow(TypeError);
        return value;
      });
    });
  });
});

describe("a write whose outcome is unknown", () => {
  const faults: readonly (readonly Fault[])[] = [
    ["before"],
    ["after"],
    ["before", "before", "before"],
    ["after", "after"],
    ["before", "after"],
    ["late"],
  ];
  for (const plan of faults) {
    for (const how of ["commit", "settle", "rotate", "stepUp"] as const) {
      it(`is written once: put fails ${plan.join(", ")}, by ${how}`, async () => {
        const faulty = faultyStore(memoryStore());
        const engine = startEngine({ store: faulty.store });
        const browser = await signedIn(engine);
        faulty.fail("put", ...plan);
        const exchange = await browser.open();
        exchange.session.update("count", increment);
        if (how === "stepUp") await exchange.session.stepUp("passkey");
        else if (how !== "settle") await exchange.session[how]();
        const head = await browser.finish(exchange);
        expect(head.failure).toBeUndefined();
        await faulty.arrive();
        expect((await browser.visit((session) => session.get("count"))).result).toBe(1);
        // A store that answers reads may still refuse writes: the next write tells.
        for (let writes = 0; writes < plan.length; writes += 1) {
          await browser.visit((session) => session.update("count", increment));
        }
        expect(engine.seen("store.recovered")).toHaveLength(
          engine.seen("store.unavailable").length,
        );
      });
    }
  }

  it("is merged with what others wrote, once", async () => {
    const faulty = faultyStore(memoryStore());
    const engine = startEngine({ store: faulty.store });
    const browser = await signedIn(engine);
    const other = browser.copy();
    const exchange = await browser.open();
    exchange.session.update("count", increment);
    await other.visit((session) => session.update("count", increment));
    faulty.fail("put", "before", "after");
    await browser.finish(exchange);
    expect((await browser.visit((session) => session.get("count"))).result).toBe(2);
  });

  for (const [others, title] of [
    [15, "is recognised while its id is among the last sixteen"],
    [16, "fails the commit once its id may have been pushed out, and is not applied twice"],
  ] as const) {
    it(title, async () => {
      const inner = memoryStore();
      let isCut = false;
      const engine = startEngine({
        store: wrapStore(inner, async (operation, call, [key]) => {
          const answer = await call();
          if (!isCut || operation !== "put") return answer;
          isCut = false;
          for (let n = 0; n < others; n++) {
            const record = (await inner.get(key as string)) as SessionRecord;
            const writeIds = [n.toString(16).padStart(16, "f"), ...record.writeIds].slice(0, 16);
            await inner.put(key as string, { ...record, version: record.version + 1, writeIds });
          }
          throw new Error("the connection was cut");
        }),
      });
      const browser = await signedIn(engine);
      isCut = true;
      const exchange = await browser.open();
      exchange.session.update("count", increment);
      const head = await browser.finish(exchange);
      expect(head.failure?.code).toBe(others === 16 ? "HOLDFAST_STORE" : undefined);
      expect(engine.seen("commit.failed")).toHaveLength(others === 16 ? 1 : 0);
      expect((await browser.visit((session) => session.get("count"))).result).toBe(1);
    });
  }

  it("is not tried again by the same request once it was given up", async () => {
    const faulty = faultyStore(memoryStore());
    const engine = startEngine({
      store: faulty.store,
      policy: { storeDeadlineSeconds: 0.05 },
    });
    const browser = await signedIn(engine);
    const exchange = await browser.open();
    exchange.session.update("count", increment);
    faulty.fail("put", "after");
    faulty.fail("get", "before");
    await expect(exchange.session.commit()).rejects.toMatchObject({ code: "HOLDFAST_STORE" });
    const head = await browser.finish(exchange);
    expect(head.failure).toMatchObject({ code: "HOLDFAST_STORE" });
    expect((await browser.visit((session) => session.get("count"))).result).toBe(1);
  });

  it("makes one session when the answer to its creation is lost", async () => {
    for (const plan of ["before", "after"] as const) {
      const faulty = faultyStore(memoryStore());
      const engine = startEngine({ store: faulty.store });
      faulty.fail("create", plan);
      const { browser } = engine;
      await browser.visit((session) => session.signIn("alice", { level: "password" }));
      expect((await browser.visit((session) => session.subject)).result).toBe("alice");
      expect(await engine.sessions.subject("alice").list()).toHaveLength(1);
    }
  });
});

describe("a store that is away", () => {
  it("serves nothing: load failure throws before any handler runs", async () => {
    const faulty = faultyStore(memoryStore());
    const engine = startEngine({ store: faulty.store, policy: { storeDeadlineSeconds: 0.05 } });
    const browser = await signedIn(engine);
    for (const fault of ["before", "silent"] as const) {
      faulty.failAlways("get", fault);
      await expect(browser.open()).rejects.toMatchObject({ code: "HOLDFAST_STORE", status: 503 });
      await expect(engine.sessions.read(browser.view())).rejects.toMatchObject({
        code: "HOLDFAST_STORE",
      });
    }
    faulty.failAlways("get", undefined);
    expect((await browser.visit((session) => session.subject)).result).toBe("alice");
    expect(engine.seen("store.unavailable")).toHaveLength(1);
    expect(engine.seen("store.recovered")).toHaveLength(1);
    expect(JSON.stringify(engine.events)).not.toContain("connection was cut");
  });

  it("is not told back by an answer to what was asked before, nor away again by such a failure", async () => {
    const held: { answer: () => void; fail: () => void }[] = [];
    let holds = false;
    let isCut = false;
    const inner = memoryStore();
    const store = wrapStore(inner, async (operation, call) => {
      if (operation === "get" && holds) {
        await new Promise<void>((resolve, reject) => {
          held.push({ answer: resolve, fail: () => reject(new Error("cut")) });
        });
      }
      if (operation === "get" && isCut) throw new Error("cut");
      return call();
    });
    const engine = startEngine({ store });
    const browser = await signedIn(engine);
    holds = true;
    const [early, late] = [browser.copy().open(), browser.copy().open()];
    await vi.waitFor(() => expect(held).toHaveLength(2));
    holds = false;
    isCut = true;
    await expect(browser.open()).rejects.toMatchObject({ code: "HOLDFAST_STORE" });
    isCut = false;
    held[0]?.answer();
    await early;
    expect(engine.seen("store.recovered")).toHaveLength(0);
    await browser.open();
    expect(engine.seen("store.recovered")).toHaveLength(1);
    held[1]?.fail();
    await expect(late).rejects.toMatchObject({ code: "HOLDFAST_STORE" });
    expect(engine.seen("store.unavailable")).toHaveLength(1);
  });

  it("serves no secret that could not be confirmed", async () => {
    const faulty = faultyStore(memoryStore());
    const engine = startEngine({ store: faulty.store, policy: { storeDeadlineSeconds: 0.05 } });
    const { browser } = engine;
    await browser.visit((session) => session.signIn("alice", { level: "password" }));
    faulty.failAlways("put", "before");
    await expect(browser.open()).rejects.toMatchObject({ code: "HOLDFAST_STORE" });
  });

  it("answers no request later than its deadline, however the store hangs", async () => {
    const faulty = faultyStore(memoryStore());
    const engine = startEngine({ store: faulty.store, policy: { storeDeadlineSeconds: 0.05 } });
    const browser = await signedIn(engine);
    const exchange = await browser.open();
    exchange.session.set("cart", 1);
    faulty.failAlways("put", "silent");
    const startedAt = performance.now();
    const head = await browser.finish(exchange);
    expect(performance.now() - startedAt).toBeLessThan(1000);
    expect(head.failure).toMatchObject({ code: "HOLDFAST_STORE" });
    expect(head.setCookies).toEqual([]);
    expect(engine.seen("commit.failed")).toHaveLength(1);
  });

  it("keeps the browser's cookie when a sign-out cannot be carried out", async () => {
    const faulty = faultyStore(memoryStore());
    const engine = startEngine({ store: faulty.store });
    const browser = await signedIn(engine);
    faulty.fail("delete", "before");
    const exchange = await browser.open();
    await expect(exchange.session.signOut()).rejects.toMatchObject({ code: "HOLDFAST_STORE" });
    await browser.finish(exchange, { head: { failed: true } });
    expect(browser.token).toBeDefined();
    await browser.visit((session) => session.signOut());
    expect(browser.token).toBeUndefined();
  });

  it("lets a response stand whose renewal, or whose successor, could not be fetched", async () => {
    const faulty = faultyStore(memoryStore());
    const engine = startEngine({ store: faulty.store, policy: { storeDeadlineSeconds: 0.05 } });
    const browser = await signedIn(engine);
    engine.clock.advance(600);
    faulty.fail("touch", "before");
    expect((await browser.visit((session) => session.subject)).head.failure).toBeUndefined();

    engine.clock.advance(301);
    const tab = browser.copy();
    await browser.visit((session) => session.subject);
    const exchange = await tab.open();
    faulty.fail("get", "before");
    const head = await tab.finish(exchange);
    expect(head).toMatchObject({ failure: undefined, setCookies: [] });
    await tab.visit((session) => session.subject);
    expect(tab.token).toBe(browser.token);
  });
});

describe("records of another release", () => {
  it("serves a newer record and never writes it back", async () => {
    const engine = startEngine();
    const browser = await signedIn(engine);
    const key = keyOf(browser.token);
    await tamper(engine.store, key, () => ({ format: 2 }));
    const before = (await engine.store.get(key)) as SessionRecord;
    engine.clock.advance(60);
    const { result, head } = await browser.visit((session) => {
      session.set("cart", 1);
      return session.subject;
    });
    expect(result).toBe("alice");
    expect(head.failure).toBeUndefined();
    expect(engine.seen("write.dropped")).toMatchObject([{ reason: "newer-format" }]);
    engine.clock.advance(900);
    await browser.visit((session) => session.subject);
    const after = (await engine.store.get(key)) as SessionRecord;
    expect({ ...after, idleExpiresAt: 0 }).toEqual({ ...before, idleExpiresAt: 0 });
    await browser.visit((session) => session.signOut());
    expect(await engine.store.get(key)).toBeUndefined();
  });

  it("writes back every field of its own format that it did not mean to change", async () => {
    const engine = startEngine();
    const browser = await signedIn(engine);
    const key = keyOf(browser.token);
    const before = (await engine.store.get(key)) as SessionRecord;
    await overwrite(engine.store, key, before);
    await browser.visit((session) => session.set("cart", 1));
    const after = (await engine.store.get(key)) as SessionRecord;
    const { data, version, writeIds, ...rest } = after;
    expect(rest).toEqual(
      Object.fromEntries(
        Object.entries(before).filter(
          ([field]) => !["data", "version", "writeIds"].includes(field),
        ),
      ),
    );
    expect(version).toBe(before.version + 1);
    expect(writeIds.slice(1)).toEqual(before.writeIds.slice(0, 15));
    expect(Buffer.compare(data, before.data)).not.toBe(0);
  });
});
