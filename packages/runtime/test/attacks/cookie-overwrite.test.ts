/**
 * Forced sign-out or cookie overwrite, from another site or by a late response: who may set which cookie.
 * @see RFC 6265 4.1.2, 8.6 (weak integrity); CWE-384
 */
import { describe, expect, it } from "vitest";
import { SessionRefusal } from "../../src/errors.ts";
import { signedIn, startEngine, type TestBrowser } from "../support/engine.ts";

const SID = "__Host-sid";
const ANON = "__Host-sid-anon";

const namesOf = (lines: readonly string[]) => lines.map((line) => line.slice(0, line.indexOf("=")));

const crossSite = {
  "sec-fetch-site": "cross-site",
  "sec-fetch-mode": "no-cors",
  "sec-fetch-dest": "image",
};

describe("cookie overwrite", () => {
  it("lets an anonymous write set the anonymous cookie alone", async () => {
    const { browser } = startEngine();
    const { head } = await browser.visit((session) => session.set("cart", 1));
    expect(namesOf(head.setCookies)).toEqual([ANON]);
  });

  it("lets no request without the cookie, cross-site or late, touch a sign-in", async () => {
    const engine = startEngine();
    const browser = await signedIn(engine);
    const token = browser.token;
    for (const headers of [{}, crossSite, { "sec-fetch-site": "same-site" }] as const) {
      const exchange = await engine.sessions.open({
        ...browser.view({ headers }),
        cookies: undefined,
      });
      exchange.session.set("cart", 1);
      const head = await browser.finish(exchange);
      expect(namesOf(head.setCookies)).not.toContain(SID);
    }
    expect(browser.token).toBe(token);
    expect((await browser.visit((session) => session.subject)).result).toBe("alice");
  });

  it("keeps a late anonymous response from overwriting the sign-in that overtook it", async () => {
    const engine = startEngine();
    const { browser } = engine;
    await browser.visit((session) => session.set("cart", 1));
    const late = await browser.open();
    late.session.set("cart", 2);
    await browser.visit((session) => session.signIn("alice", { level: "password" }));
    const token = browser.token;
    const head = await browser.finish(late);
    expect(namesOf(head.setCookies)).not.toContain(SID);
    expect(browser.token).toBe(token);
    expect((await browser.visit((session) => session.subject)).result).toBe("alice");
  });

  it("lets the signed-in cookie win whatever the anonymous one holds", async () => {
    const engine = startEngine();
    const visitor = engine.newBrowser();
    await visitor.visit((session) => session.set("cart", ["planted"]));
    const browser = await signedIn(engine);
    for (const cookies of [
      `${ANON}=${visitor.jar.get(ANON)}; ${SID}=${browser.token}`,
      `${SID}=${browser.token}; ${ANON}=${visitor.jar.get(ANON)}`,
    ]) {
      const { result } = await browser.visit((session) => [session.subject, session.get("cart")], {
        cookies,
      });
      expect(result).toEqual(["alice", undefined]);
    }
  });

  it("clears no expired sign-in cookie: it costs one read until the next sign-in", async () => {
    const engine = startEngine();
    const browser = await signedIn(engine);
    engine.clock.advance(1800);
    engine.store.reset();
    const { head, result } = await browser.visit((session) => session.subject);
    expect(result).toBeUndefined();
    expect(head.setCookies).toEqual([]);
    expect(engine.store.total).toBe(1);
    const written = await browser.visit((session) => session.set("cart", 1));
    expect(namesOf(written.head.setCookies)).toEqual([ANON]);
  });

  it("sets and clears nothing for a cookie under a key that this process lacks", async () => {
    const engine = startEngine();
    const browser = await signedIn(engine);
    const bytes = Buffer.from(browser.token ?? "", "base64url");
    bytes[0] = 0x15;
    const cookies = `${SID}=${bytes.toString("base64url")}`;
    const { head } = await browser.visit((session) => session.set("cart", 1), { cookies });
    expect(head.setCookies).toEqual([]);
    expect(engine.seen("write.dropped")).toMatchObject([{ reason: "key-missing" }]);
    expect(engine.refusals()).toEqual(["key-missing"]);
  });

  it("sets and clears nothing for a superseded cookie", async () => {
    const engine = startEngine();
    const browser = await signedIn(engine);
    const late = browser.copy();
    await browser.visit((session) => session.rotate());
    const exchange = await late.open();
    for (const touch of [
      () => exchange.session.subject,
      () => exchange.session.get("cart"),
      () => exchange.session.set("cart", 1),
      () => exchange.session.isFresh({ withinSeconds: 60 }),
    ]) {
      expect(touch).toThrow(SessionRefusal);
    }
    const head = await late.finish(exchange);
    expect(head.setCookies).toEqual([]);
    expect(exchange.raised).toMatchObject({ reason: "superseded", status: 409 });
  });

  it("refuses both of two cookies of one name that both load", async () => {
    const engine = startEngine();
    const alice = await signedIn(engine, "alice");
    const mallory = await signedIn(engine, "mallory");
    for (const cookies of [
      `${SID}=${alice.token}; ${SID}=${mallory.token}`,
      `${SID}=${mallory.token}; ${SID}=${alice.token}`,
    ]) {
      const { result, head } = await alice.visit((session) => session.subject, { cookies });
      expect(result).toBeUndefined();
      expect(head.setCookies).toEqual([]);
    }
    expect(engine.refusals()).toContain("duplicate");
    expect((await alice.visit((session) => session.subject)).result).toBe("alice");
  });

  it("uses the one of several cookies of one name that loads", async () => {
    const engine = startEngine();
    const browser = await signedIn(engine);
    const gone = await signedIn(engine, "bob");
    await gone.copy().visit((session) => session.signOut());
    for (const cookies of [
      `${SID}=planted; ${SID}=${browser.token}`,
      `${SID}=${browser.token}; ${SID}=planted`,
      `${SID}=${gone.token}; ${SID}=${browser.token}`,
      `${SID}="${browser.token}"; ${SID}=${browser.token}`,
    ]) {
      const { result } = await browser.visit((session) => session.subject, { cookies });
      expect(result, cookies.slice(0, 30)).toBe("alice");
    }
  });

  it("serves nothing when an old copy beside the current cookie ends the session", async () => {
    for (const order of ["current first", "old first"]) {
      const engine = startEngine();
      const browser = await signedIn(engine);
      const old = browser.token;
      engine.clock.advance(901);
      await browser.visit((session) => session.subject);
      await browser.visit((session) => session.subject);
      engine.clock.advance(120);
      const pair = [`${SID}=${browser.token}`, `${SID}=${old}`];
      const cookies = (order === "old first" ? pair.reverse() : pair).join("; ");
      const { result } = await browser.visit((session) => session.subject, { cookies });
      expect(engine.seen("session.revoked")).toMatchObject([{ reason: "reused" }]);
      expect(result, order).toBeUndefined();
    }
  });

  describe("a slow response", () => {
    /** Holds a request at its head after `run`, lets `meanwhile` happen, then lets it go. */
    async function overtaken(
      run: Parameters<TestBrowser["visit"]>[0],
      meanwhile: (browser: TestBrowser) => Promise<unknown>,
    ) {
      const engine = startEngine();
      const browser = await signedIn(engine);
      engine.clock.advance(901);
      const slow = await browser.open();
      await run(slow.session);
      await meanwhile(browser);
      const overtook = browser.token;
      const head = await browser.finish(slow);
      return { engine, browser, overtook, head };
    }

    it("does not overwrite a later sign-in with what an early commit rotated to", async () => {
      const { browser, overtook } = await overtaken(
        async (session) => {
          session.set("cart", 1);
          await session.commit();
        },
        async (tab) => {
          await tab.visit((session) => session.signOut());
          await tab.visit((session) => session.signIn("bob", { level: "password" }));
        },
      );
      expect(browser.token).toBe(overtook);
      expect((await browser.visit((session) => session.subject)).result).toBe("bob");
    });

    it("does not bring a periodic rotation to a browser that has moved on", async () => {
      const { browser, overtook } = await overtaken(
        (session) => session.subject,
        async (tab) => {
          await tab.visit((session) => session.subject);
          await tab.visit((session) => session.subject);
        },
      );
      expect(browser.token).toBe(overtook);
      expect((await browser.visit((session) => session.subject)).result).toBe("alice");
    });

    it("reads the record once more before it hands out a successor", async () => {
      const engine = startEngine();
      const browser = await signedIn(engine);
      const tab = browser.copy();
      engine.clock.advance(901);
      await browser.visit((session) => session.subject);
      const slow = await tab.open();
      await browser.visit((session) => session.subject);
      const head = await tab.finish(slow);
      expect(head.setCookies).toEqual([]);
    });

    it("hands out no successor once the session was signed out", async () => {
      const engine = startEngine();
      const browser = await signedIn(engine);
      const tab = browser.copy();
      engine.clock.advance(901);
      await browser.visit((session) => session.subject);
      const slow = await tab.open();
      await browser.visit((session) => session.signOut());
      expect((await tab.finish(slow)).setCookies).toEqual([]);
    });
  });

  it("rotates in no response to an upgrade, a stream, a prefetch, HEAD or a shared cache, early commit or not", async () => {
    const kinds: readonly (readonly [string, Parameters<TestBrowser["open"]>[0]])[] = [
      ["upgrade", { headers: { upgrade: "websocket" } }],
      ["event stream asked for", { headers: { accept: "text/event-stream" } }],
      ["event stream answered", { head: { contentType: "text/event-stream; charset=utf-8" } }],
      ["prefetch", { headers: { "sec-purpose": "prefetch" } }],
      ["prefetch, older", { headers: { purpose: "prefetch" } }],
      ["prefetch, Firefox", { headers: { "x-moz": "prefetch" } }],
      ["HEAD", { method: "HEAD" }],
      ["public", { head: { cacheControl: "public, max-age=60" } }],
      ["s-maxage", { head: { cacheControl: "s-maxage=60" } }],
    ];
    for (const [title, init] of kinds) {
      for (const early of [false, true]) {
        const engine = startEngine();
        const browser = await signedIn(engine);
        const token = browser.token;
        engine.clock.advance(901);
        const { head } = await browser.visit(async (session) => {
          session.set("cart", 1);
          if (early) await session.commit();
        }, init);
        expect(head.setCookies, `${title}, early: ${early}`).toEqual([]);
        expect(head.failure).toBeUndefined();
        expect(engine.seen("session.rotated")).toEqual([]);
        const next = await browser.visit((session) => session.get("cart"));
        expect(next.result, title).toBe(1);
        expect(browser.token).not.toBe(token);
      }
    }
  });

  it("begins an anonymous session with a public response, and makes that response uncacheable", async () => {
    const { browser, seen } = startEngine();
    const { head } = await browser.visit((session) => session.set("cart", 1), {
      head: { cacheControl: "public, max-age=60" },
    });
    expect(head.failure).toBeUndefined();
    expect(namesOf(head.setCookies)).toEqual([ANON]);
    expect(head.cacheControl).toBe("no-store");
    expect(seen("cache.overridden")).toMatchObject([{ from: "public, max-age=60" }]);
  });
});
