/**
 * Which forms stay good while sessions come and go.
 * @module
 */
import { describe, expect, it } from "vitest";
import { rememberMe } from "../src/remember-me/remember-me.ts";
import { memoryStore } from "../src/stores/memory.ts";
import { engine, formOf, POST, sent, signInBy, VISITOR } from "./support/csrf.ts";
import { testKeyring } from "./support/engine.ts";

describe("a form", () => {
  it("stays good after a sign-in in another tab, of the same account or from none", async () => {
    const world = engine();
    const { browser } = world;
    const visitors = await formOf(browser);
    await browser.visit((session) => session.set("cart", 1));
    const anonymous = await formOf(browser);
    await signInBy(browser, "alice");
    const first = await formOf(browser);
    for (const token of [visitors, anonymous, first]) {
      expect(await sent(browser, token)).toBe("alice");
    }
    await signInBy(browser, "alice");
    expect(await sent(browser, first)).toBe("alice");
    expect(await sent(browser, visitors)).toBe("alice");
  });

  it("does not act for somebody else who signed in in another tab", async () => {
    const { browser } = engine();
    await signInBy(browser, "bob");
    const bobs = await formOf(browser);
    await signInBy(browser, "alice");
    expect(await sent(browser, bobs)).toBe("refused: csrf");
  });

  it("leads to the sign-in if its session has ended, and is refused if it had none", async () => {
    const world = engine();
    const { browser } = world;
    await browser.visit((session) => session.set("cart", 1));
    const anonymous = await formOf(browser);
    await signInBy(browser, "alice");
    const token = await formOf(browser);
    await world.sessions.subject("alice").revokeAll();
    expect(await sent(browser, token)).toBe("refused: not-signed-in");
    expect(await sent(browser, anonymous)).toBe("refused: csrf");
  });

  it("signs out a session whose cookie was replaced a moment ago", async () => {
    const world = engine();
    const { browser } = world;
    await signInBy(browser, "alice");
    const token = await formOf(browser);
    const other = browser.copy();
    await browser.visit(async (session) => {
      session.verifyCsrf(token);
      await session.rotate();
    }, POST);
    await other.visit(async (session) => {
      session.verifyCsrf(token);
      await session.signOut();
    }, POST);
    expect((await browser.visit((session) => session.subject)).result).toBeUndefined();
  });

  it("of a page for a replaced cookie is good once the browser has its successor", async () => {
    const world = engine();
    const { browser } = world;
    await signInBy(browser, "alice");
    const token = await formOf(browser);
    const late = browser.copy();
    await browser.visit(async (session) => {
      session.verifyCsrf(token);
      await session.rotate();
    }, POST);
    late.jar.delete(VISITOR);
    const { result, head } = await late.visit((session) => session.csrfToken());
    expect(head.setCookies).toHaveLength(1);
    browser.receive(head);
    expect(await sent(browser, result)).toBe("alice");
  });

  it("may be in the very response that signs in, or out", async () => {
    const { browser } = engine();
    const opened = await formOf(browser);
    const { result: signedIn } = await browser.visit(async (session) => {
      session.verifyCsrf(opened);
      await session.signIn("alice", { level: "password" });
      return session.csrfToken();
    }, POST);
    expect(await sent(browser, signedIn)).toBe("alice");
    browser.jar.delete(VISITOR);
    const { result: signedOut, head } = await browser.visit(async (session) => {
      session.verifyCsrf(signedIn);
      await session.signOut();
      return session.csrfToken();
    }, POST);
    expect(head.setCookies).toHaveLength(2);
    expect(await sent(browser, signedOut)).toBe("nobody");
    expect(await sent(browser, signedIn)).toBe("refused: not-signed-in");
  });

  it("outlives its session where the device is remembered", async () => {
    const world = engine({ rememberMe: rememberMe({ level: "password" }) });
    const { browser, clock } = world;
    await signInBy(browser, "alice", { remember: true });
    await browser.visit((session) => session.subject);
    const token = await formOf(browser);
    clock.advance(3600);
    // The form itself is what comes back first.
    expect(await sent(browser, token)).toBe("alice");
    expect(world.seen("device.resumed")).toHaveLength(1);
    const stranger = world.newBrowser();
    await signInBy(stranger, "mallory", { remember: true });
    expect(await sent(browser, await formOf(stranger))).toBe("refused: csrf");
  });

  it("stays good over a rotation that replaces the remembered device's secret", async () => {
    const { browser } = engine({ rememberMe: rememberMe({ level: "password" }) });
    await signInBy(browser, "alice", { remember: true });
    const token = await formOf(browser);
    await browser.visit(async (session) => {
      session.verifyCsrf(token);
      await session.rotate();
    }, POST);
    expect(await sent(browser, token)).toBe("alice");
  });

  it("is good on a process whose ring has moved on, until the key is gone", async () => {
    const store = memoryStore();
    const before = engine({ store, keyring: testKeyring([[0, "current"]]) });
    const browser = before.browser;
    const visitors = await formOf(browser);
    await signInBy(browser, "alice");
    const token = await formOf(browser);
    const { clock } = before;
    const after = (...keys: Parameters<typeof testKeyring>) => {
      const world = engine({ store, clock, keyring: testKeyring(...keys) });
      const moved = world.newBrowser();
      for (const [name, value] of browser.jar) moved.jar.set(name, value);
      return moved;
    };
    const rotated = after([
      [0, "old"],
      [1, "current"],
    ]);
    expect(await sent(rotated, token)).toBe("alice");
    expect(await sent(rotated, visitors)).toBe("alice");
    const removed = after([
      [0, "revoked"],
      [1, "current"],
    ]);
    expect(await sent(removed, token)).toBe("refused: csrf");
    expect(await sent(removed, visitors)).toBe("refused: csrf");
  });
});
