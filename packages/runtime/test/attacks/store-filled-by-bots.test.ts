/**
 * A store filled by bots: no record before the first write, short anonymous lifetimes, bounded size.
 * @see CWE-770, CWE-400
 */
import { describe, expect, it } from "vitest";
import { memoryStore } from "../../src/stores/memory.ts";
import { signedIn, startEngine } from "../support/engine.ts";

describe("a store filled by bots", () => {
  it("asks the store nothing for a visitor without a cookie who is only shown things", async () => {
    const { sessions, store, newBrowser } = startEngine();
    for (let n = 0; n < 200; n++) {
      const { head } = await newBrowser().visit((session) => {
        expect([session.get("cart"), session.subject, session.handle]).toEqual([
          undefined,
          undefined,
          undefined,
        ]);
        session.takeFlash("notice");
        session.delete("cart");
        session.update("cart", () => undefined);
        session.isFresh({ withinSeconds: 60 });
      });
      expect(head.setCookies).toEqual([]);
    }
    await sessions.read(newBrowser().view());
    expect(store.total).toBe(0);
  });

  it("makes one record for a first write, and none for a prefetch or another site's request", async () => {
    const { store, newBrowser, seen } = startEngine();
    const write = (headers: Record<string, string>) =>
      newBrowser().visit((session) => session.set("cart", 1), { headers });
    await write({});
    expect(store.counts.create).toBe(1);
    const refused: readonly [Record<string, string>, string][] = [
      [{ "sec-purpose": "prefetch" }, "prefetch"],
      [{ "sec-purpose": "prefetch;prerender" }, "prefetch"],
      [{ purpose: "prefetch" }, "prefetch"],
      [{ "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors" }, "cross-site"],
      [{ "sec-fetch-site": "same-site", "sec-fetch-mode": "cors" }, "cross-site"],
    ];
    for (const [headers, reason] of refused) {
      const { head } = await write(headers);
      expect(head.setCookies).toEqual([]);
      expect(head.failure).toBeUndefined();
      expect(seen("write.dropped").at(-1)).toMatchObject({ reason });
    }
    expect(store.counts.create).toBe(1);
  });

  it("ends anonymous sessions by their own short timeout", async () => {
    const { browser, clock } = startEngine({
      policy: { anonymousIdleSeconds: 120, idleTimeoutSeconds: 3600 },
    });
    await browser.visit((session) => session.set("cart", 1));
    clock.advance(119);
    expect((await browser.copy().visit((session) => session.get("cart"))).result).toBe(1);
    clock.advance(120);
    expect((await browser.visit((session) => session.get("cart"))).result).toBeUndefined();
  });

  it("sweeps what nobody came back for, after five minutes of grace for clocks", async () => {
    const engine = startEngine();
    for (let n = 0; n < 120; n++) {
      await engine.newBrowser().visit((session) => session.set("cart", n));
    }
    const browser = await signedIn(engine);
    engine.clock.advance(1800);
    expect(await engine.sessions.sweep()).toBe(0);
    engine.clock.advance(301);
    expect(await engine.sessions.sweep()).toBe(121);
    expect((await browser.visit((session) => session.subject)).result).toBeUndefined();
  });

  it("refuses data beyond the limit when it is set, and again when it is merged", async () => {
    const engine = startEngine({ policy: { maxDataBytes: 256 } });
    const { browser } = engine;
    await browser.visit((session) => {
      expect(() => session.set("big", "x".repeat(256))).toThrow(
        expect.objectContaining({ code: "HOLDFAST_DATA" }),
      );
      expect(() => session.flash("big", "x".repeat(256))).toThrow();
      expect(() => session.update("big", () => "x".repeat(256))).toThrow();
      session.set("ok", 1);
    });
    const [first, second] = [await browser.open(), await browser.open()];
    first.session.set("a", "x".repeat(120));
    second.session.set("b", "x".repeat(120));
    expect((await browser.finish(first)).failure).toBeUndefined();
    const head = await browser.finish(second);
    expect(head.failure).toMatchObject({ code: "HOLDFAST_DATA" });
    const { result } = await browser.visit((session) => [session.get("a"), session.get("b")]);
    expect(result).toEqual(["x".repeat(120), undefined]);
  });

  it("counts bytes, not characters", async () => {
    const { browser } = startEngine({ policy: { maxDataBytes: 256 } });
    await browser.visit((session) => {
      expect(() => session.set("wide", "\u{1f600}".repeat(80))).toThrow();
      session.set("narrow", "x".repeat(80));
    });
  });

  it("counts no session that its browser never presented: failed logins push nobody out", async () => {
    const engine = startEngine({ policy: { sessionsPerSubject: 2 } });
    const real = await signedIn(engine);
    for (let n = 0; n < 20; n++) {
      await engine.newBrowser().visit((session) => session.signIn("alice", { level: "password" }));
    }
    expect((await real.visit((session) => session.subject)).result).toBe("alice");
    expect(await engine.sessions.subject("alice").list()).toHaveLength(1);
    engine.clock.advance(1799);
    await real.visit((session) => session.subject);
    engine.clock.advance(302);
    expect(await engine.sessions.sweep()).toBe(20);
  });

  it("drops anonymous sessions of a full memory store before a signed-in one", async () => {
    const engine = startEngine({ store: memoryStore({ maxSessions: 5 }) });
    const browser = await signedIn(engine);
    for (let n = 0; n < 100; n++) {
      await engine.newBrowser().visit((session) => session.set("cart", n));
    }
    expect((await browser.visit((session) => session.subject)).result).toBe("alice");
  });

  it("reports a flood of bad cookies from many addresses in a bounded number of events", async () => {
    const { events, newBrowser, sessions } = startEngine();
    for (let n = 0; n < 6000; n++) {
      await newBrowser().visit((session) => session.subject, {
        cookies: "__Host-sid=made-up",
        address: `2001:db8::${n.toString(16)}`,
      });
    }
    expect(events.length).toBeLessThanOrEqual(4097);
    await sessions.close();
    const told = events.flatMap((event) => (event.type === "token.refused" ? [event.count] : []));
    expect(told.reduce((sum, count) => sum + count, 0)).toBe(6000);
  });
});
