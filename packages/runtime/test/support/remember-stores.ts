/**
 * What remember-me must do over every store: a handful of lives, from the sign-in to the end of the device.
 * @module
 */
import { expect } from "vitest";
import type { SessionStore } from "../../src/stores/store.ts";
import { type FakeClock, fakeClock } from "../../src/testing/index.ts";
import type { Engine, TestBrowser } from "./engine.ts";
import {
  closeBrowser,
  DEVICE,
  noticesOf,
  remembered,
  SID,
  startRemembering,
  whoIs,
} from "./remember.ts";

const NOBODY = [undefined, undefined];

export interface RememberCase {
  readonly title: string;
  /** The store must be able to list a subject's records. */
  readonly needsIndex?: boolean;
  run(store: SessionStore): Promise<void>;
}

/** An engine over the store; the stamp is what a store without an index must have. */
function start(
  store: SessionStore,
  clock: FakeClock = fakeClock(),
): {
  readonly engine: Engine;
  readonly stamps: Map<string, string>;
} {
  const stamps = new Map([["alice", "1"]]);
  const engine = startRemembering({
    store,
    clock,
    ...(store.traits.index
      ? {}
      : {
          policy: { sessionsPerSubject: 0 },
          credentialStamp: (subject: string) => stamps.get(subject),
        }),
  });
  return { engine, stamps };
}

async function closed(engine: Engine): Promise<TestBrowser> {
  const browser = await remembered(engine);
  closeBrowser(browser);
  return browser;
}

export const rememberCases: readonly RememberCase[] = [
  {
    title: "a browser comes back, day after day, each time under a new secret",
    async run(store) {
      const { engine } = start(store);
      const browser = await closed(engine);
      const secrets = new Set([browser.jar.get(DEVICE)]);
      for (let day = 0; day < 3; day++) {
        engine.clock.advance(86_400);
        expect(await whoIs(browser)).toEqual(["alice", "remembered"]);
        await whoIs(browser);
        closeBrowser(browser);
        secrets.add(browser.jar.get(DEVICE));
      }
      expect(secrets.size).toBe(4);
    },
  },
  {
    title: "six tabs at once come back to one session",
    async run(store) {
      const { engine } = start(store);
      const browser = await closed(engine);
      const tabs = Array.from({ length: 6 }, () => browser.copy());
      const seen = await Promise.all(tabs.map((tab) => whoIs(tab)));
      expect(seen).toEqual(Array(6).fill(["alice", "remembered"]));
      for (const name of [SID, DEVICE]) {
        expect(new Set(tabs.map(({ jar }) => jar.get(name))).size).toBe(1);
      }
      expect(engine.seen("device.theft-detected")).toEqual([]);
    },
  },
  {
    title: "a lost answer costs nothing, also over a restart",
    async run(store) {
      const { engine } = start(store);
      const before = await closed(engine);
      await whoIs(before.copy());
      engine.clock.advance(7200);
      const browser = start(store, engine.clock).engine.newBrowser();
      for (const [name, value] of before.jar) browser.jar.set(name, value);
      await whoIs(browser.copy());
      expect(await whoIs(browser)).toEqual(["alice", "remembered"]);
      expect(await whoIs(browser)).toEqual(["alice", "remembered"]);
      expect(engine.seen("device.theft-detected")).toEqual([]);
    },
  },
  {
    title: "a stolen cookie is found out, and its session is dead from then on",
    async run(store) {
      const { engine } = start(store);
      const owner = await closed(engine);
      const thief = owner.copy();
      expect(await whoIs(thief)).toEqual(["alice", "remembered"]);
      await whoIs(thief);
      engine.clock.advance(61);
      expect(await whoIs(owner)).toEqual(NOBODY);
      expect(await whoIs(thief)).toEqual(NOBODY);
      expect(engine.seen("device.theft-detected")).toMatchObject([{ subject: "alice", count: 2 }]);
      expect(await noticesOf(owner)).toEqual(["theft"]);
      expect(await noticesOf(thief)).toEqual(["theft"]);
    },
  },
  {
    title: "a theft ends the whole account where it should, and its owner is told all the same",
    needsIndex: true,
    async run(store) {
      const engine = startRemembering({ store, remember: { onTheft: "account" } });
      const owner = await closed(engine);
      const phone = await remembered(engine);
      const thief = owner.copy();
      await whoIs(owner);
      await whoIs(owner);
      engine.clock.advance(61);
      expect(await whoIs(thief)).toEqual(NOBODY);
      expect(await whoIs(phone)).toEqual(NOBODY);
      expect(await whoIs(owner)).toEqual(NOBODY);
      expect(await noticesOf(owner)).toEqual(["theft"]);
    },
  },
  {
    title: "signing out ends the device, whatever a tab does meanwhile",
    async run(store) {
      const { engine } = start(store);
      const browser = await remembered(engine);
      const slow = browser.copy();
      closeBrowser(slow);
      await Promise.all([whoIs(slow), browser.visit((session) => session.signOut())]);
      expect(await whoIs(slow)).toEqual(NOBODY);
      closeBrowser(slow);
      expect(await whoIs(slow)).toEqual(NOBODY);
    },
  },
  {
    title: "signing out everywhere ends every device, and the devices page is empty",
    needsIndex: true,
    async run(store) {
      const { engine } = start(store);
      const browsers = [await closed(engine), await remembered(engine)];
      const account = engine.sessions.subject("alice");
      expect(await account.list()).toHaveLength(2);
      await account.revokeAll();
      for (const browser of browsers) {
        closeBrowser(browser);
        expect(await whoIs(browser)).toEqual(NOBODY);
      }
      expect(await account.list()).toEqual([]);
    },
  },
  {
    title: "a device is revoked by its line on the devices page",
    needsIndex: true,
    async run(store) {
      const { engine } = start(store);
      const browser = await closed(engine);
      engine.clock.advance(86_400);
      const account = engine.sessions.subject("alice");
      const [line] = await account.list();
      expect(await account.revoke(line?.handle ?? "")).toBe(true);
      expect(await whoIs(browser)).toEqual(NOBODY);
    },
  },
];

/** What takes their place where nothing can be listed. */
export const withoutIndexCases: readonly RememberCase[] = [
  {
    title: "a changed credential stamp ends every device when it comes back",
    async run(store) {
      const { engine, stamps } = start(store);
      const browsers = [await closed(engine), await closed(engine)];
      stamps.set("alice", "2");
      for (const browser of browsers) expect(await whoIs(browser)).toEqual(NOBODY);
      expect(engine.seen("device.forgotten")).toMatchObject([
        { reason: "credentials-changed" },
        { reason: "credentials-changed" },
      ]);
    },
  },
  {
    title: "listing and ending by account say that they cannot",
    async run(store) {
      const account = start(store).engine.sessions.subject("alice");
      for (const asked of [() => account.list(), () => account.revokeAll()]) {
        await expect(asked()).rejects.toMatchObject({ code: "HOLDFAST_UNSUPPORTED" });
      }
    },
  },
];
