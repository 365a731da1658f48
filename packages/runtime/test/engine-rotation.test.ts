/**
 * Who may set a cookie, and what becomes of every secret: sign-ins twice and as somebody else, the
 * tombstone, superseded requests, keys that rotate, go missing or are revoked.
 */
import { describe, expect, it } from "vitest";
import { readToken } from "../src/crypto/token.ts";
import { SessionRefusal } from "../src/errors.ts";
import { memoryStore } from "../src/stores/memory.ts";
import type { SessionRecord } from "../src/stores/store.ts";
import {
  asyncStore,
  gate,
  keyOf,
  signedIn,
  startEngine,
  testKeyring,
  wrapStore,
} from "./support/engine.ts";

const SID = "__Host-sid";
const ANON = "__Host-sid-anon";

describe("signing in twice from one anonymous token", () => {
  async function visitor() {
    const engine = startEngine({ store: asyncStore(memoryStore()) });
    const { browser } = engine;
    await browser.visit((session) => {
      session.set("cart", ["book"]);
      session.set("theme", "dark");
    });
    return { engine, browser };
  }

  it("succeeds twice, one after the other, each with its own session and the data named", async () => {
    const { engine, browser } = await visitor();
    const again = browser.copy();
    for (const tab of [browser, again]) {
      await tab.visit((session) => session.signIn("alice", { level: "password", carry: ["cart"] }));
      const { result } = await tab.visit((session) => [
        session.subject,
        session.get("cart"),
        session.get("theme"),
      ]);
      expect(result).toEqual(["alice", ["book"], undefined]);
      expect(tab.jar.has(ANON)).toBe(false);
    }
    expect(again.token).not.toBe(browser.token);
    expect(await engine.sessions.subject("alice").list()).toHaveLength(2);
  });

  it("succeeds twice in parallel", async () => {
    const { engine, browser } = await visitor();
    const tabs = [browser, browser.copy()];
    await Promise.all(
      tabs.map((tab) =>
        tab.visit((session) => session.signIn("alice", { level: "password", carry: ["cart"] })),
      ),
    );
    for (const tab of tabs) {
      const { result } = await tab.visit((session) => [session.subject, session.get("cart")]);
      expect(result).toEqual(["alice", ["book"]]);
    }
    expect(await engine.sessions.subject("alice").list()).toHaveLength(2);
  });

  it("reads the tombstone for its time, and for a sign-in alone", async () => {
    const { engine, browser } = await visitor();
    const late = browser.copy();
    await browser.visit((session) => session.signIn("alice", { level: "password" }));
    const seen = await late.copy().visit((session) => [session.get("cart"), session.handle]);
    expect(seen.result).toEqual([undefined, undefined]);

    engine.clock.advance(60);
    const inTime = late.copy();
    await inTime.visit((session) =>
      session.signIn("alice", { level: "password", carry: ["cart"] }),
    );
    expect((await inTime.visit((session) => session.get("cart"))).result).toEqual(["book"]);

    engine.clock.advance(0.001);
    await late.visit((session) => session.signIn("alice", { level: "password", carry: ["cart"] }));
    expect((await late.visit((session) => session.get("cart"))).result).toBeUndefined();
  });

  it("begins a new anonymous session for a write that comes with the tombstone's token", async () => {
    const { browser } = await visitor();
    const late = browser.copy();
    await browser.visit((session) => session.signIn("alice", { level: "password" }));
    const before = late.jar.get(ANON);
    await late.visit((session) => session.set("cart", ["pen"]));
    expect(late.jar.get(ANON)).not.toBe(before);
    expect((await late.visit((session) => session.get("cart"))).result).toEqual(["pen"]);
  });

  it("is anonymous, not superseded, for a request that meets the tombstone while it confirms", async () => {
    const held = gate();
    const reached = gate();
    let holds = false;
    const engine = startEngine({
      store: wrapStore(memoryStore(), async (operation, call) => {
        if (holds && operation === "put") {
          holds = false;
          reached.open();
          await held.opened;
        }
        return call();
      }),
    });
    const { browser } = engine;
    await browser.visit((session) => session.set("cart", 1));
    const tab = browser.copy();
    holds = true;
    const opening = tab.open();
    await reached.opened;
    await browser.visit((session) => session.signIn("alice", { level: "password" }));
    held.open();
    const exchange = await opening;
    expect([exchange.session.subject, exchange.session.get("cart")]).toEqual([
      undefined,
      undefined,
    ]);
    const head = await tab.finish(exchange);
    expect(head.setCookies).toEqual([]);
  });

  it("carries what another request wrote to the anonymous session meanwhile", async () => {
    const { engine, browser } = await visitor();
    const login = await browser.open();
    await browser.copy().visit((session) => session.set("cart", ["book", "pen"]));
    await login.session.signIn("alice", { level: "password", carry: ["cart"] });
    expect(login.session.get("cart")).toEqual(["book", "pen"]);
    await browser.finish(login);
    const { result } = await browser.visit((session) => session.get("cart"));
    expect(result).toEqual(["book", "pen"]);
    expect(engine.seen("commit.failed")).toEqual([]);
  });
});

describe("signing in over another session", () => {
  it("ends somebody else's session before the new one is made, and carries nothing of it", async () => {
    const order: string[] = [];
    const engine = startEngine({
      store: wrapStore(memoryStore(), (operation, call) => {
        order.push(operation);
        return call();
      }),
    });
    const browser = await signedIn(engine, "alice");
    await browser.visit((session) => session.set("cart", ["alice's"]));
    const key = keyOf(browser.token);
    order.length = 0;
    await browser.visit((session) => session.signIn("bob", { level: "password", carry: ["cart"] }));
    expect(order).toEqual(["get", "delete", "create"]);
    expect(await engine.store.get(key)).toBeUndefined();
    const { result } = await browser.visit((session) => [session.subject, session.get("cart")]);
    expect(result).toEqual(["bob", undefined]);
  });

  it("leaves nobody signed in when that sign-in is then refused", async () => {
    const engine = startEngine();
    const browser = await signedIn(engine, "alice");
    const key = keyOf(browser.token);
    const exchange = await browser.open();
    exchange.session.set("note", "alice's");
    await expect(
      exchange.session.signIn("bob", { level: "password", checkpoint: "not the present one" }),
    ).rejects.toMatchObject({ reason: "revoked-meanwhile" });
    const { session } = exchange;
    expect([session.subject, session.get("note"), session.handle]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    session.set("late", 1);
    const head = await browser.finish(exchange);
    expect(head.setCookies).toEqual([]);
    expect(await engine.store.get(key)).toBeUndefined();
    expect(engine.store.counts.create).toBe(2);
  });

  it("replaces the same account's session in one step with its sign-in", async () => {
    const engine = startEngine();
    const browser = await signedIn(engine);
    const key = keyOf(browser.token);
    await browser.visit((session) => session.set("cart", ["book"]));
    await browser.visit((session) =>
      session.signIn("alice", { level: "passkey", carry: ["cart"] }),
    );
    expect(await engine.store.get(key)).toBeUndefined();
    const { result } = await browser.visit((session) => [session.level, session.get("cart")]);
    expect(result).toEqual(["passkey", ["book"]]);
    expect(await engine.sessions.subject("alice").list()).toHaveLength(1);
  });

  it("ends the series when the same account signs in with a secret that was just retired", async () => {
    const engine = startEngine();
    const browser = await signedIn(engine);
    const late = browser.copy();
    await browser.visit((session) => session.rotate());
    await late.visit((session) => session.signIn("alice", { level: "password" }));
    expect((await late.visit((session) => session.subject)).result).toBe("alice");
    expect((await browser.visit((session) => session.subject)).result).toBeUndefined();
  });

  it("leaves somebody else's session alone when it was presented by a retired secret", async () => {
    const engine = startEngine();
    const browser = await signedIn(engine, "alice");
    const late = browser.copy();
    await browser.visit((session) => session.rotate());
    await late.visit((session) => session.signIn("bob", { level: "password" }));
    expect((await late.visit((session) => session.subject)).result).toBe("bob");
    expect((await browser.visit((session) => session.subject)).result).toBe("alice");
  });

  it("is raised against by no superseded cookie: signIn and signOut always work", async () => {
    for (const method of ["GET", "POST"]) {
      const engine = startEngine();
      const browser = await signedIn(engine);
      const late = browser.copy();
      const later = browser.copy();
      await browser.visit((session) => session.rotate());
      if (method === "POST") engine.clock.advance(120);
      const { head } = await late.visit(
        (session) => session.signIn("alice", { level: "password" }),
        { method },
      );
      expect(head.setCookies[0]).toMatch(/^__Host-sid=[^;]/);
      await later.visit((session) => session.signOut(), { method });
      expect(later.jar.size).toBe(0);
    }
  });
});

describe("two dead-at-once rotations that race", () => {
  it("lets one of them through and tells the other to repeat", async () => {
    for (const run of ["rotate", "stepUp"] as const) {
      const engine = startEngine({ store: asyncStore(memoryStore()) });
      const browser = await signedIn(engine);
      const tabs = [browser, browser.copy(), browser.copy()];
      const outcomes = await Promise.all(
        tabs.map(async (tab) => {
          try {
            await tab.visit((session) =>
              run === "rotate" ? session.rotate() : session.stepUp("passkey"),
            );
            return "done";
          } catch (error) {
            return error instanceof SessionRefusal ? error.reason : "failed";
          }
        }),
      );
      expect(outcomes.sort()).toEqual(["done", "superseded", "superseded"]);
    }
  });
});

describe("keys", () => {
  const clock = startEngine().clock;
  const store = asyncStore(memoryStore());

  it("re-mints a token and re-seals its boxes when the key was rotated", async () => {
    const before = startEngine({
      store,
      clock,
      keyring: testKeyring([
        [1, "current"],
        [2, "next"],
      ]),
    });
    const browser = await signedIn(before);
    await browser.visit((session) => session.set("cart", ["book"]));
    const token = browser.token as string;

    const after = startEngine({
      store,
      clock,
      keyring: testKeyring([
        [1, "old"],
        [2, "current"],
      ]),
    });
    const moved = after.newBrowser();
    moved.jar.set(SID, token);
    const shared = moved.copy();
    await shared.visit((session) => session.subject, { head: { cacheControl: "public" } });
    expect(shared.token).toBe(token);

    expect((await moved.visit((session) => session.get("cart"))).result).toEqual(["book"]);
    const [old, minted] = [readToken(token), readToken(moved.token ?? "")];
    expect(minted?.keyNumber).toBe(2);
    expect(minted?.series).toEqual(old?.series);
    expect(minted?.secret).toEqual(old?.secret);
    expect((await shared.visit((session) => session.subject)).result).toBe("alice");

    const { head } = await moved.visit((session) => session.set("cart", ["pen"]));
    expect(head.setCookies).toEqual([]);
    const record = (await after.store.get(keyOf(moved.token))) as SessionRecord;
    expect([(record.meta[0] as number) & 15, (record.data[0] as number) & 15]).toEqual([2, 2]);
    expect((await moved.visit((session) => [session.subject, session.get("cart")])).result).toEqual(
      ["alice", ["pen"]],
    );

    // A neighbour that has not promoted the key yet still reads what this one sealed.
    const neighbour = before.newBrowser();
    neighbour.jar.set(SID, moved.token as string);
    expect((await neighbour.visit((session) => session.get("cart"))).result).toEqual(["pen"]);
    expect(neighbour.token).toBe(moved.token);
  });

  it("re-mints no session that was signed out before the head", async () => {
    const before = startEngine({ store, clock, keyring: testKeyring([[1, "current"]]) });
    const browser = await signedIn(before);
    const after = startEngine({
      store,
      clock,
      keyring: testKeyring([
        [1, "old"],
        [2, "current"],
      ]),
    });
    const moved = after.newBrowser();
    moved.jar.set(SID, browser.token as string);
    const exchange = await moved.open();
    await before.sessions.subject("alice").revokeAll();
    expect((await moved.finish(exchange)).setCookies).toEqual([]);
  });

  it("re-mints no secret that was replaced before the head", async () => {
    const before = startEngine({ store, clock, keyring: testKeyring([[1, "current"]]) });
    const browser = await signedIn(before);
    const after = startEngine({
      store,
      clock,
      keyring: testKeyring([
        [1, "old"],
        [2, "current"],
      ]),
    });
    const moved = after.newBrowser();
    moved.jar.set(SID, browser.token as string);
    const exchange = await moved.open();
    await browser.visit((session) => session.rotate());
    expect((await moved.finish(exchange)).setCookies).toEqual([]);
  });

  it("treats a token under a key it lacks as anonymous, and ends nothing", async () => {
    const full = startEngine({
      store,
      clock,
      keyring: testKeyring([
        [1, "old"],
        [2, "current"],
      ]),
    });
    const browser = await signedIn(full);
    const lacking = startEngine({ store, clock, keyring: testKeyring([[1, "current"]]) });
    const moved = lacking.newBrowser();
    moved.jar.set(SID, browser.token as string);
    const { result, head } = await moved.visit((session) => {
      session.set("cart", 1);
      return session.subject;
    });
    expect([result, head.setCookies]).toEqual([undefined, []]);
    expect(lacking.seen("write.dropped")).toMatchObject([{ reason: "key-missing" }]);

    const { head: reads } = await moved.visit((session) => session.subject);
    expect(reads.setCookies).toEqual([]);
    expect((await browser.visit((session) => session.subject)).result).toBe("alice");
  });

  it("treats a box under a key it lacks as anonymous, and ends nothing", async () => {
    const first = startEngine({
      store,
      clock,
      keyring: testKeyring([
        [1, "current"],
        [2, "next"],
      ]),
    });
    const browser = await signedIn(first);
    const key = keyOf(browser.token);
    const second = startEngine({
      store,
      clock,
      keyring: testKeyring([
        [1, "old"],
        [2, "current"],
      ]),
    });
    const promoted = second.newBrowser();
    promoted.jar.set(SID, browser.token as string);
    // An early commit re-seals the boxes; the browser keeps its token, since no cookie goes out.
    await promoted.visit((session) => session.set("cart", 1), { head: { cacheControl: "public" } });
    const lacking = startEngine({ store, clock, keyring: testKeyring([[1, "current"]]) });
    const moved = lacking.newBrowser();
    moved.jar.set(SID, browser.token as string);
    const { result, head } = await moved.visit((session) => [session.subject, session.get("cart")]);
    expect([result, head.setCookies]).toEqual([[undefined, undefined], []]);
    expect(lacking.refusals()).toEqual(["key-missing"]);
    expect(await second.store.get(key)).toBeDefined();
  });

  it("refuses a token under a revoked key as unknown, and ends a session with a box under one", async () => {
    const first = startEngine({
      store,
      clock,
      keyring: testKeyring([
        [1, "current"],
        [2, "next"],
      ]),
    });
    const browser = await signedIn(first);
    const key = keyOf(browser.token);
    const revoked = startEngine({
      store,
      clock,
      keyring: testKeyring([
        [1, "revoked"],
        [2, "current"],
      ]),
    });
    const moved = revoked.newBrowser();
    moved.jar.set(SID, browser.token as string);
    revoked.store.reset();
    expect((await moved.visit((session) => session.subject)).result).toBeUndefined();
    expect(revoked.store.total).toBe(0);
    expect(revoked.refusals()).toEqual(["unknown"]);

    const between = startEngine({
      store,
      clock,
      keyring: testKeyring([
        [1, "old"],
        [2, "current"],
      ]),
    });
    const reminted = between.newBrowser();
    reminted.jar.set(SID, browser.token as string);
    await reminted.visit((session) => session.subject);
    expect(readToken(reminted.token ?? "")?.keyNumber).toBe(2);
    const last = revoked.newBrowser();
    last.jar.set(SID, reminted.token as string);
    expect((await last.visit((session) => session.subject)).result).toBeUndefined();
    expect(revoked.seen("session.revoked")).toMatchObject([{ reason: "key-revoked" }]);
    expect(await store.get(key)).toBeUndefined();
  });

  it("takes an earlier cookie name over for both kinds of session", async () => {
    const names = ["__Host-old"];
    const old = startEngine({ store, clock, policy: { cookieName: "__Host-old" } });
    const now = startEngine({ store, clock, policy: { previousNames: names } });
    for (const kind of ["signed in", "anonymous"] as const) {
      const former = old.newBrowser();
      await former.visit((session) =>
        kind === "signed in"
          ? session.signIn("alice", { level: "password" })
          : session.set("cart", 1),
      );
      const moved = now.newBrowser();
      for (const [name, value] of former.jar) moved.jar.set(name, value);
      await moved.visit((session) => session.get("cart"));
      expect([...moved.jar.keys()]).toEqual([kind === "signed in" ? SID : ANON]);
      const { result } = await moved.visit((session) => [session.subject, session.get("cart")]);
      expect(result).toEqual(kind === "signed in" ? ["alice", undefined] : [undefined, 1]);
    }
  });
});

describe("a box that does not open", () => {
  it("refuses to go on as a user who was already shown to the handler", async () => {
    const engine = startEngine();
    const browser = await signedIn(engine);
    const key = keyOf(browser.token);
    const record = (await engine.store.get(key)) as SessionRecord;
    await engine.store.put(key, { ...record, version: record.version + 1, data: record.meta });
    const exchange = await browser.open();
    expect(exchange.session.subject).toBe("alice");
    expect(() => exchange.session.get("cart")).toThrow(
      expect.objectContaining({ reason: "tampered", status: 401 }),
    );
    await browser.finish(exchange);
    expect(engine.refusals()).toContain("tampered");
  });
});
