/**
 * A slow request races a sign-out or a revocation: nothing brings the session back.
 * @see CWE-613; ASVS 5.0, 7.4.1
 */
import Database from "libsql";
import { describe, expect, it } from "vitest";
import { SessionRefusal } from "../../src/errors.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { sqliteStore } from "../../src/stores/sqlite.ts";
import type { SessionStore } from "../../src/stores/store.ts";
import { asyncStore, gate, keyOf, signedIn, startEngine, wrapStore } from "../support/engine.ts";

const stores: readonly (readonly [name: string, open: () => SessionStore])[] = [
  ["memory", () => memoryStore()],
  ["memory, with promises", () => asyncStore(memoryStore())],
  ["sqlite", () => sqliteStore(new Database(":memory:"))],
];

type Slow = Parameters<Awaited<ReturnType<typeof signedIn>>["visit"]>[0];

/** What a request was doing when the session ended under it. */
const slowRequests: readonly (readonly [title: string, run: Slow])[] = [
  ["a write", (session) => session.set("late", 1)],
  ["an update", (session) => session.update("late", (n) => ((n as number) ?? 0) + 1)],
  ["a flash message", (session) => session.flash("notice", "late")],
  [
    "an early commit",
    async (session) => {
      session.set("late", 1);
      await session.commit();
    },
  ],
  ["a rotation", (session) => session.rotate()],
  ["a step-up", (session) => session.stepUp("passkey")],
  ["a read, with a renewal due", (session) => session.get("late")],
];

for (const [name, open] of stores) {
  describe(`sign-out raced by a slow request, ${name}`, () => {
    for (const [title, run] of slowRequests) {
      for (const ending of ["signOut", "revokeAll", "revoke"] as const) {
        it(`is not undone by ${title}: ${ending}`, async () => {
          const engine = startEngine({ store: open() });
          const browser = await signedIn(engine);
          const key = keyOf(browser.token);
          const slow = browser.copy();
          engine.clock.advance(905);
          const held = await slow.open();
          expect(held.session.subject).toBe("alice");

          if (ending === "signOut") await browser.visit((session) => session.signOut());
          const subject = engine.sessions.subject("alice");
          if (ending === "revokeAll") await subject.revokeAll();
          if (ending === "revoke") await subject.revoke(held.session.handle ?? "");

          try {
            await run(held.session);
          } catch (error) {
            expect(error).toBeInstanceOf(SessionRefusal);
          }
          const head = await slow.finish(held);
          expect(await engine.store.get(key)).toBeUndefined();
          expect(head.setCookies).toEqual([]);
          expect(head.failure).toBeUndefined();
          expect((await slow.visit((session) => session.subject)).result).toBeUndefined();
          expect(await subject.list()).toEqual([]);
        });
      }
    }

    it("is not undone by a confirmation that was being written", async () => {
      const inner = open();
      const reached = gate();
      const go = gate();
      let holds = false;
      const engine = startEngine({
        store: wrapStore(inner, async (operation, call) => {
          if (holds && operation === "put") {
            holds = false;
            reached.open();
            await go.opened;
          }
          return call();
        }),
      });
      const browser = engine.newBrowser();
      await browser.visit((session) => session.signIn("alice", { level: "password" }));
      const key = keyOf(browser.token);
      holds = true;
      const opening = browser.open();
      await reached.opened;
      await engine.sessions.subject("alice").revokeAll();
      go.open();
      const exchange = await opening;
      expect(exchange.session.subject).toBeUndefined();
      await browser.finish(exchange);
      expect(await inner.get(key)).toBeUndefined();
    });

    it("serves a signed-out object nothing more, and takes no more writes", async () => {
      const engine = startEngine({ store: open() });
      const browser = await signedIn(engine);
      await browser.visit((session) => session.set("cart", 1));
      const { head } = await browser.visit(async (session) => {
        await session.signOut();
        expect([session.subject, session.handle, session.get("cart")]).toEqual([
          undefined,
          undefined,
          undefined,
        ]);
        expect(() => session.set("cart", 2)).toThrow(
          expect.objectContaining({ code: "HOLDFAST_ENDED" }),
        );
        await expect(session.signIn("alice", { level: "password" })).rejects.toMatchObject({
          code: "HOLDFAST_ENDED",
        });
        await expect(session.commit()).rejects.toMatchObject({ code: "HOLDFAST_ENDED" });
      });
      expect(head.setCookies).toEqual([expect.stringMatching(/^__Host-sid=;.*Max-Age=0$/)]);
      expect(browser.jar.size).toBe(0);
    });

    it("ends the session whatever secret carries it, by a cookie that was just replaced", async () => {
      const engine = startEngine({ store: open() });
      const browser = await signedIn(engine);
      const other = browser.copy();
      await other.visit((session) => session.rotate());
      const key = keyOf(browser.token);
      const { head } = await browser.visit((session) => session.signOut());
      expect(head.setCookies).toHaveLength(1);
      expect(await engine.store.get(key)).toBeUndefined();
      expect((await other.visit((session) => session.subject)).result).toBeUndefined();
    });

    it("ends a session whose data box no longer opens", async () => {
      const engine = startEngine({ store: open() });
      const browser = await signedIn(engine);
      const key = keyOf(browser.token);
      const record = await engine.store.get(key);
      if (record === undefined) throw new Error("there is no record");
      await engine.store.put(key, { ...record, version: record.version + 1, data: record.meta });
      await browser.visit(async (session) => {
        expect(session.get("cart")).toBeUndefined();
        await session.signOut();
      });
      expect(await engine.store.get(key)).toBeUndefined();
    });
  });
}
