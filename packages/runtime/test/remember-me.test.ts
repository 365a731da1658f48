/**
 * Remember-me, as browsers live through it: coming back, tabs in parallel, lost answers, signing out, and
 * the devices page.
 */
import { describe, expect, it } from "vitest";
import { rememberMe } from "../src/remember-me/remember-me.ts";
import { memoryStore } from "../src/stores/memory.ts";
import { asyncStore, startEngine } from "./support/engine.ts";
import {
  closeBrowser,
  DEVICE,
  noticesOf,
  remembered,
  SID,
  startRemembering,
  whoIs,
} from "./support/remember.ts";

const DAY = 86_400;

describe("a remembered browser", () => {
  it("comes back without signing in, at the level of its own, as the same account", async () => {
    const engine = startRemembering();
    const browser = await remembered(engine);
    closeBrowser(browser);
    expect(await whoIs(browser)).toEqual(["alice", "remembered"]);
    expect(await noticesOf(browser)).toEqual(["resumed"]);
    expect(await noticesOf(browser)).toEqual([]);
  });

  it("is asked to sign in for what needs it", async () => {
    const engine = startRemembering();
    const browser = await remembered(engine);
    closeBrowser(browser);
    engine.clock.advance(3600);
    await whoIs(browser);
    const asking = [
      browser.visit((session) => session.requireLevel("password")),
      browser.visit((session) => session.requireFresh({ withinSeconds: 300 })),
    ];
    await expect(asking[0]).rejects.toMatchObject({ reason: "level-too-low" });
    await expect(asking[1]).rejects.toMatchObject({ reason: "not-fresh" });
  });

  it("gets a new secret each time it comes back, and only then", async () => {
    const engine = startRemembering();
    const browser = await remembered(engine);
    const first = browser.jar.get(DEVICE);
    await whoIs(browser);
    expect(browser.jar.get(DEVICE)).toBe(first);
    closeBrowser(browser);
    await whoIs(browser);
    expect(browser.jar.get(DEVICE)).not.toBe(first);
  });

  it("comes back for as long as it was used, and no longer than the absolute time", async () => {
    const engine = startRemembering();
    const browser = await remembered(engine);
    for (const days of [13, 13]) {
      engine.clock.advance(days * DAY);
      closeBrowser(browser);
      expect(await whoIs(browser)).toEqual(["alice", "remembered"]);
      await whoIs(browser);
    }
    engine.clock.advance(5 * DAY);
    closeBrowser(browser);
    expect(await whoIs(browser)).toEqual([undefined, undefined]);
  });

  it("is forgotten when it was not used for the idle time", async () => {
    const engine = startRemembering();
    const browser = await remembered(engine);
    engine.clock.advance(14 * DAY + 1);
    closeBrowser(browser);
    expect(await whoIs(browser)).toEqual([undefined, undefined]);
    expect(engine.refusals()).toContain("expired");
  });

  it("has the application's answer cached by nobody when it comes back", async () => {
    const engine = startRemembering();
    const browser = await remembered(engine);
    closeBrowser(browser);
    const { head } = await browser.visit((session) => session.subject);
    expect(head.cacheControl).toBe("no-store");
    expect(head.setCookies.map((cookie) => cookie.split("=")[0])).toEqual(
      expect.arrayContaining([SID, DEVICE]),
    );
  });

  for (const [what, headers] of [
    ["a prefetch", { "sec-purpose": "prefetch" }],
    ["an event stream", { accept: "text/event-stream" }],
  ] as const) {
    it(`is nobody to ${what}, whose answer may be dropped`, async () => {
      const engine = startRemembering();
      const browser = await remembered(engine);
      closeBrowser(browser);
      const { result } = await browser.visit((session) => session.subject, { headers });
      expect(result).toBe(undefined);
      expect(await whoIs(browser)).toEqual(["alice", "remembered"]);
    });
  }
});

describe("parallel tabs of a remembered browser", () => {
  it("all come back, into one session", async () => {
    const engine = startRemembering({ store: asyncStore(memoryStore()) });
    const browser = await remembered(engine);
    closeBrowser(browser);
    const tabs = Array.from({ length: 6 }, () => browser.copy());
    const seen = await Promise.all(
      tabs.map((tab) => tab.visit((session) => [session.subject, session.handle])),
    );
    const handles = new Set(seen.map(({ result }) => (result as string[])[1]));
    expect(seen.map(({ result }) => (result as string[])[0])).toEqual(Array(6).fill("alice"));
    expect(handles.size).toBe(1);
    expect(new Set(tabs.map((tab) => tab.jar.get(DEVICE))).size).toBe(1);
    expect(engine.seen("device.theft-detected")).toEqual([]);
  });

  it("come back late, within the grace, into the same session", async () => {
    const engine = startRemembering();
    const browser = await remembered(engine);
    closeBrowser(browser);
    const late = browser.copy();
    await whoIs(browser);
    await whoIs(browser); // Confirms.
    engine.clock.advance(59);
    expect(await whoIs(late)).toEqual(["alice", "remembered"]);
    expect(late.jar.get(SID)).toBe(browser.jar.get(SID));
    expect(late.jar.get(DEVICE)).toBe(browser.jar.get(DEVICE));
  });
});

describe("a lost answer", () => {
  it("costs nothing, whenever the browser asks again", async () => {
    const engine = startRemembering();
    const browser = await remembered(engine);
    closeBrowser(browser);
    for (const seconds of [0, 3, 7200, 3 * DAY]) {
      engine.clock.advance(seconds);
      await whoIs(browser.copy()); // The browser never sees what this one got.
    }
    expect(await whoIs(browser)).toEqual(["alice", "remembered"]);
    expect(await whoIs(browser)).toEqual(["alice", "remembered"]);
    expect(engine.seen("device.theft-detected")).toEqual([]);
  });
});

describe("a stolen cookie", () => {
  it("is noticed when the owner comes after the thief, and ends what came from it", async () => {
    const engine = startRemembering();
    const owner = await remembered(engine);
    closeBrowser(owner);
    const thief = owner.copy();
    expect(await whoIs(thief)).toEqual(["alice", "remembered"]);
    await whoIs(thief);
    engine.clock.advance(61);
    expect(await whoIs(owner)).toEqual([undefined, undefined]);
    expect(await whoIs(thief)).toEqual([undefined, undefined]);
    expect(engine.seen("device.theft-detected")).toMatchObject([{ subject: "alice", count: 2 }]);
    expect(await noticesOf(owner)).toEqual(["theft"]);
  });

  it("is noticed when the thief comes after the owner, who is told too", async () => {
    const engine = startRemembering();
    const owner = await remembered(engine);
    closeBrowser(owner);
    const thief = owner.copy();
    await whoIs(owner);
    await whoIs(owner);
    engine.clock.advance(61);
    expect(await whoIs(thief)).toEqual([undefined, undefined]);
    expect(await whoIs(owner)).toEqual([undefined, undefined]);
    expect(await noticesOf(owner)).toEqual(["theft"]);
    expect(engine.seen("device.theft-detected")).toHaveLength(1);
  });

  it("leaves the account's other sessions, unless the option says otherwise", async () => {
    for (const [onTheft, left] of [
      ["device", "alice"],
      ["account", undefined],
    ] as const) {
      const engine = startRemembering({ remember: { onTheft } });
      const owner = await remembered(engine);
      const phone = await remembered(engine);
      closeBrowser(owner);
      const thief = owner.copy();
      await whoIs(thief);
      await whoIs(thief);
      engine.clock.advance(61);
      await whoIs(owner);
      expect((await whoIs(phone))[0]).toBe(left);
    }
  });
});

describe("forgetting a device", () => {
  it("comes with signing out", async () => {
    const engine = startRemembering();
    const browser = await remembered(engine);
    const copy = browser.copy();
    await browser.visit((session) => session.signOut());
    expect(browser.jar.has(DEVICE)).toBe(false);
    closeBrowser(copy);
    expect(await whoIs(copy)).toEqual([undefined, undefined]);
  });

  it("comes with signing out of a session that came back by itself", async () => {
    const engine = startRemembering();
    const browser = await remembered(engine);
    closeBrowser(browser);
    await whoIs(browser);
    const copy = browser.copy();
    await browser.visit((session) => session.signOut());
    closeBrowser(copy);
    expect(await whoIs(copy)).toEqual([undefined, undefined]);
  });

  it("comes with signing out everywhere, also without a session", async () => {
    const engine = startRemembering();
    const browser = await remembered(engine);
    const away = await remembered(engine);
    closeBrowser(away);
    expect(await engine.sessions.subject("alice").revokeAll()).toBe(2);
    for (const each of [browser, away]) {
      closeBrowser(each);
      expect(await whoIs(each)).toEqual([undefined, undefined]);
    }
  });

  it("comes with signing in without being remembered, or as somebody else", async () => {
    for (const subject of ["alice", "bob"]) {
      const engine = startRemembering();
      const browser = await remembered(engine);
      const copy = browser.copy();
      await browser.visit((session) => session.signIn(subject, { level: "password" }));
      expect(browser.jar.has(DEVICE)).toBe(false);
      closeBrowser(copy);
      expect(await whoIs(copy)).toEqual([undefined, undefined]);
      expect((await whoIs(browser))[0]).toBe(subject);
    }
  });

  it("is not undone by a request that was under way", async () => {
    const engine = startRemembering({ store: asyncStore(memoryStore()) });
    const browser = await remembered(engine);
    closeBrowser(browser);
    const slow = browser.copy();
    const [, ended] = await Promise.all([
      whoIs(slow),
      engine.sessions.subject("alice").revokeAll(),
    ]);
    expect(ended).toBeGreaterThanOrEqual(1);
    await engine.sessions.subject("alice").revokeAll();
    closeBrowser(slow);
    expect(await whoIs(slow)).toEqual([undefined, undefined]);
  });
});

describe("the devices page", () => {
  it("lists a device that has no session at the moment, and one that has once", async () => {
    const engine = startRemembering();
    const browser = await remembered(engine);
    const list = () => engine.sessions.subject("alice").list();
    expect(await list()).toMatchObject([{ level: "password", remembered: true }]);
    engine.clock.advance(DAY);
    expect(await list()).toMatchObject([{ level: "remembered", remembered: true }]);
    closeBrowser(browser);
    await whoIs(browser);
    await whoIs(browser);
    expect(await list()).toMatchObject([{ level: "remembered", remembered: true }]);
  });

  it("revokes a session with the device that would bring it back", async () => {
    const engine = startRemembering();
    const browser = await remembered(engine);
    const account = engine.sessions.subject("alice");
    const [line] = await account.list();
    expect(await account.revoke(line?.handle ?? "")).toBe(true);
    closeBrowser(browser);
    expect(await whoIs(browser)).toEqual([undefined, undefined]);
    expect(await account.list()).toEqual([]);
  });

  it("revokes a device with its sessions", async () => {
    const engine = startRemembering();
    const browser = await remembered(engine);
    const account = engine.sessions.subject("alice");
    const handle = engine.seen("device.remembered")[0]?.handle ?? "";
    expect(await account.revoke(handle)).toBe(true);
    expect(await whoIs(browser)).toEqual([undefined, undefined]);
  });
});

describe("rotate() on a remembered device", () => {
  it("replaces the device's secret too, so that a copy of both cookies is worth nothing", async () => {
    const engine = startRemembering();
    const browser = await remembered(engine);
    const thief = browser.copy();
    await browser.visit((session) => session.rotate());
    closeBrowser(thief);
    expect(await whoIs(thief)).toEqual([undefined, undefined]);
    closeBrowser(browser);
    expect(await whoIs(browser)).toEqual(["alice", "remembered"]);
  });
});

describe("options", () => {
  it("must fit the levels and the keyring", () => {
    expect(() => startRemembering({ remember: { level: "none" } })).toThrow(/rememberMe.level/);
    expect(() => startRemembering({ remember: { absoluteTimeoutSeconds: 34_560_000 } })).toThrow(
      /longestSessionSeconds/,
    );
    expect(() => rememberMe({ level: "x", graceSeconds: 1, idle: 3 } as never)).toThrow(
      /There are 2 faults/,
    );
  });

  it("are named when remember is asked for without them", async () => {
    const asked = startEngine().browser.visit((session) =>
      session.signIn("alice", { level: "password", remember: true }),
    );
    await expect(asked).rejects.toThrow(/"rememberMe" is missing/);
  });
});
