/**
 * Stale privilege: rights that outlive the change that took them away, and revocations that race sign-ins.
 * @see CWE-613; ASVS 5.0, 7.4.2, 7.4.3, 8.3.2
 */
import Database from "libsql";
import { describe, expect, it } from "vitest";
import { SessionRefusal } from "../../src/errors.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { sqliteStore } from "../../src/stores/sqlite.ts";
import { asyncStore, signedIn, startEngine, testKeyring } from "../support/engine.ts";

const stores = [
  ["memory", () => memoryStore()],
  ["memory, with promises", () => asyncStore(memoryStore())],
  ["sqlite", () => sqliteStore(new Database(":memory:"))],
] as const;

for (const [name, open] of stores) {
  describe(`stale privilege, ${name}`, () => {
    it("refuses a sign-in whose password was checked while the sessions were revoked", async () => {
      const engine = startEngine({ store: open() });
      const subject = engine.sessions.subject("alice");
      const checkpoint = await subject.checkpoint();
      await subject.revokeAll({ reason: "password changed" });
      const { browser } = engine;
      await expect(
        browser.visit((session) => session.signIn("alice", { level: "password", checkpoint })),
      ).rejects.toMatchObject({ reason: "revoked-meanwhile", status: 403 });
      expect(browser.token).toBeUndefined();
      expect(await subject.list()).toEqual([]);
      expect(engine.seen("sign-in.refused")).toMatchObject([{ reason: "revoked-meanwhile" }]);

      const next = await subject.checkpoint();
      await browser.visit((session) =>
        session.signIn("alice", { level: "password", checkpoint: next }),
      );
      expect((await browser.visit((session) => session.subject)).result).toBe("alice");
    });

    it("refuses a checkpoint of another account, a made-up one and one of another time", async () => {
      const engine = startEngine({ store: open() });
      const alice = await engine.sessions.subject("alice").checkpoint();
      for (const checkpoint of [alice, "", "made-up"]) {
        await expect(
          engine
            .newBrowser()
            .visit((session) => session.signIn("bob", { level: "password", checkpoint })),
        ).rejects.toBeInstanceOf(SessionRefusal);
      }
      expect(await engine.sessions.subject("alice").checkpoint()).toBe(alice);
    });

    it("serves no revoked session once revokeAll has returned, except the one kept", async () => {
      const engine = startEngine({ store: open() });
      const browsers = [];
      for (let n = 0; n < 5; n++) browsers.push(await signedIn(engine));
      const bob = await signedIn(engine, "bob");
      const handle = (await browsers[2]?.visit((session) => session.handle))?.result;
      const count = await engine.sessions
        .subject("alice")
        .revokeAll({ except: handle, by: "alice" });
      expect(count).toBe(4);
      const served = [];
      for (const browser of browsers) {
        served.push((await browser.visit((session) => session.subject)).result);
      }
      expect(served).toEqual([undefined, undefined, "alice", undefined, undefined]);
      expect((await bob.visit((session) => session.subject)).result).toBe("bob");
      expect(engine.seen("session.revoked")).toHaveLength(4);
    });

    it("rotates every session of the account with its next request, and gives the old secret up after it", async () => {
      const engine = startEngine({ store: open() });
      const browser = await signedIn(engine);
      const copied = browser.copy();
      expect(await engine.sessions.subject("alice").rotateAll()).toBe(1);
      const before = browser.token;
      await browser.visit((session) => session.subject);
      expect(browser.token).not.toBe(before);
      expect(engine.seen("session.rotated")).toMatchObject([{ cause: "rights-changed" }]);
      const after = browser.token;
      await browser.visit((session) => session.subject);
      expect(browser.token).toBe(after);
      engine.clock.advance(31);
      await expect(copied.visit((session) => session.subject)).rejects.toMatchObject({
        reason: "superseded",
      });
    });

    it("ends what a person had anywhere, and keeps no checkpoint", async () => {
      const engine = startEngine({ store: open() });
      const browser = await signedIn(engine);
      const subject = engine.sessions.subject("alice");
      const checkpoint = await subject.checkpoint();
      expect(await subject.erase()).toBe(1);
      expect((await browser.visit((session) => session.subject)).result).toBeUndefined();
      expect(await subject.checkpoint()).not.toBe(checkpoint);
      expect(engine.seen("session.revoked")).toMatchObject([{ reason: "erased" }]);
    });

    it("ends every session of everybody", async () => {
      const engine = startEngine({ store: open() });
      const browsers = [await signedIn(engine), await signedIn(engine, "bob")];
      await engine.newBrowser().visit((session) => session.set("cart", 1));
      expect(await engine.sessions.revokeEverything()).toBe(3);
      for (const browser of browsers) {
        expect((await browser.visit((session) => session.subject)).result).toBeUndefined();
      }
    });

    it("raises the level with a new secret and takes it from nobody who has the old one", async () => {
      const engine = startEngine({ store: open() });
      const browser = await signedIn(engine);
      await expect(
        browser.copy().visit((session) => session.requireLevel("passkey")),
      ).rejects.toMatchObject({ reason: "level-too-low", status: 403 });
      const thief = browser.copy();
      engine.clock.advance(100);
      await browser.visit((session) => session.stepUp("passkey"));
      await browser.visit((session) => {
        session.requireLevel("passkey");
        session.requireFresh({ withinSeconds: 0 });
      });
      await expect(
        thief.visit((session) => session.requireLevel("password")),
      ).rejects.toMatchObject({
        reason: "superseded",
      });
    });

    it("finds sessions made under a replaced index key, and revokes them", async () => {
      const store = open();
      const clock = startEngine().clock;
      const before = startEngine({
        store,
        clock,
        keyring: testKeyring([[0, "current"]], [["current", "one"]]),
      });
      const browser = await signedIn(before);
      const after = startEngine({
        store,
        clock,
        keyring: testKeyring(
          [[0, "current"]],
          [
            ["current", "two"],
            ["old", "one"],
          ],
        ),
      });
      const moved = after.newBrowser();
      moved.jar.set("__Host-sid", browser.token as string);
      expect((await moved.visit((session) => session.subject)).result).toBe("alice");
      await signedIn(after);
      expect(await after.sessions.subject("alice").list()).toHaveLength(2);
      expect(await after.sessions.subject("alice").revokeAll()).toBe(2);
      expect((await moved.visit((session) => session.subject)).result).toBeUndefined();
    });
  });
}

describe("stale privilege", () => {
  it("asks for a fresh sign-in when the last one is too long ago", async () => {
    const engine = startEngine();
    const browser = await signedIn(engine);
    engine.clock.advance(300);
    const ask = () => browser.visit((session) => session.requireFresh({ withinSeconds: 300 }));
    await ask();
    engine.clock.advance(0.001);
    await expect(ask()).rejects.toMatchObject({ reason: "not-fresh", status: 403 });
    await browser.visit((session) => session.stepUp("password"));
    await ask();
    await expect(
      engine.newBrowser().visit((session) => session.requireFresh({ withinSeconds: 300 })),
    ).rejects.toMatchObject({ reason: "not-signed-in", status: 401 });
  });

  it("holds no right of a session back that the limit ended", async () => {
    for (const sessionLimit of ["revoke-oldest", "refuse-new"] as const) {
      const engine = startEngine({ policy: { sessionsPerSubject: 2, sessionLimit } });
      const first = await signedIn(engine);
      engine.clock.advance(1);
      const second = await signedIn(engine);
      engine.clock.advance(1);
      const third = engine.newBrowser();
      const attempt = third.visit((session) => session.signIn("alice", { level: "password" }));
      if (sessionLimit === "refuse-new") {
        await expect(attempt).rejects.toMatchObject({ reason: "limit-reached" });
      } else {
        await attempt;
      }
      const served = [];
      for (const browser of [third, first, second]) {
        served.push((await browser.visit((session) => session.subject)).result);
      }
      expect(served).toEqual(
        sessionLimit === "refuse-new"
          ? [undefined, "alice", "alice"]
          : ["alice", undefined, "alice"],
      );
    }
  });

  it("serves the one too many not even once", async () => {
    const engine = startEngine({ policy: { sessionsPerSubject: 1, sessionLimit: "refuse-new" } });
    const [first, second] = [engine.newBrowser(), engine.newBrowser()];
    for (const browser of [first, second]) {
      await browser.visit((session) => session.signIn("alice", { level: "password" }));
    }
    expect((await first.visit((session) => session.subject)).result).toBe("alice");
    engine.clock.advance(1);
    expect((await second.visit((session) => session.subject)).result).toBeUndefined();
    expect((await first.visit((session) => session.subject)).result).toBe("alice");
  });

  it("keeps the limit under parallel first presentations, in both modes", async () => {
    for (const sessionLimit of ["revoke-oldest", "refuse-new"] as const) {
      const engine = startEngine({
        store: asyncStore(memoryStore()),
        policy: { sessionsPerSubject: 3, sessionLimit },
      });
      const browsers = Array.from({ length: 10 }, () => engine.newBrowser());
      for (const browser of browsers) {
        await browser.visit((session) => session.signIn("alice", { level: "password" }));
      }
      await Promise.all(browsers.map((browser) => browser.visit((session) => session.subject)));
      expect(await engine.sessions.subject("alice").list()).toHaveLength(3);
      const served = [];
      for (const browser of browsers) {
        served.push((await browser.visit((session) => session.subject)).result);
      }
      expect(served.filter((subject) => subject === "alice")).toHaveLength(3);
      expect(engine.seen("session.revoked").every(({ reason }) => reason === "limit")).toBe(true);
      expect(engine.seen("session.revoked")).toHaveLength(7);
    }
  });
});
