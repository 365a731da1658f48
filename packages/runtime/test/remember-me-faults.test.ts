/**
 * Remember-me when something goes wrong beside it: a store that fails in the middle, records of a newer release,
 * keys that are missing or revoked, contention without an end.
 */
import { describe, expect, it } from "vitest";
import { memoryStore } from "../src/stores/memory.ts";
import { recordFlags, type SessionStore } from "../src/stores/store.ts";
import {
  type Engine,
  keyOf,
  startEngine,
  tamper,
  testKeyring,
  wrapStore,
} from "./support/engine.ts";
import {
  closeBrowser,
  DEVICE,
  noticesOf,
  remembered,
  SID,
  startRemembering,
  whoIs,
} from "./support/remember.ts";

const NOBODY = [undefined, undefined];

/** A store that fails at one operation, while it is told to. */
function failing(): { store: SessionStore; inner: SessionStore; faults: Set<string> } {
  const inner = memoryStore();
  const faults = new Set<string>();
  const store = wrapStore(inner, async (operation, call) => {
    if (faults.has(operation)) throw new Error("the store is away");
    const answer = await call();
    if (faults.has(`answer to ${operation}`)) throw new Error("the answer was lost");
    return answer;
  });
  return { store, inner, faults };
}

async function stolen(engine: Engine) {
  const owner = await remembered(engine);
  closeBrowser(owner);
  const thief = owner.copy();
  await whoIs(thief);
  return { owner, thief };
}

describe("a store that fails", () => {
  it("when the new session is first presented leaves no window open", async () => {
    const { store, faults } = failing();
    const engine = startRemembering({ store, policy: { storeDeadlineSeconds: 0.5 } });
    const { owner, thief } = await stolen(engine);
    faults.add("put");
    await expect(whoIs(thief)).rejects.toMatchObject({ code: "HOLDFAST_STORE" });
    faults.clear();
    expect(await whoIs(thief)).toEqual(["alice", "remembered"]);
    engine.clock.advance(61);
    expect(await whoIs(owner)).toEqual(NOBODY);
    expect(engine.seen("device.theft-detected")).toHaveLength(1);
  });

  it("while a theft is dealt with hides neither the alarm nor what is left to end", async () => {
    const { store, faults } = failing();
    const engine = startRemembering({ store });
    const { owner, thief } = await stolen(engine);
    await whoIs(thief);
    engine.clock.advance(61);
    faults.add("delete");
    await expect(whoIs(owner)).rejects.toMatchObject({ code: "HOLDFAST_STORE" });
    expect(engine.seen("device.theft-detected")).toMatchObject([{ count: 0 }]);
    faults.clear();
    expect(await whoIs(owner)).toEqual(NOBODY);
    expect(await whoIs(thief)).toEqual(NOBODY);
    expect(engine.seen("device.theft-detected")).toHaveLength(1);
    expect(await noticesOf(owner)).toEqual(["theft"]);
  });

  it("with the answer to a sign-out's deletion forgets none of the device's sessions", async () => {
    const { store, inner, faults } = failing();
    const engine = startRemembering({ store });
    const { owner, thief } = await stolen(engine);
    await whoIs(thief);
    expect(await whoIs(owner)).toEqual(["alice", "remembered"]);
    const exchange = await owner.open();
    faults.add("answer to delete");
    const signedOut = exchange.session.signOut();
    await expect(signedOut).rejects.toMatchObject({ code: "HOLDFAST_STORE" });
    faults.clear();
    await exchange.settle({ cacheControl: undefined, contentType: undefined, failed: false });
    await owner.visit((session) => session.signOut());
    const kept = (await inner.scan?.(undefined, 10))?.sessions ?? [];
    expect(kept.filter(({ record }) => (record.flags & recordFlags.series) !== 0)).toEqual([]);
    expect(await whoIs(thief)).toEqual(NOBODY);
  });
});

describe("a store that lost its last writes, in a failover or from a backup", () => {
  it("raises no alarm over secrets that are newer than what it has", async () => {
    const engine = startRemembering();
    const browser = await remembered(engine);
    closeBrowser(browser);
    const key = keyOf(browser.jar.get(DEVICE));
    const kept = await engine.store.get(key);
    const stale = browser.copy();
    await whoIs(browser);
    await whoIs(browser);
    await tamper(engine.store, key, () => kept ?? {});
    engine.clock.advance(1801);
    expect(await whoIs(browser)).toEqual(NOBODY);
    // One that the store takes for current goes on, and its rival is nobody still.
    closeBrowser(stale);
    expect(await whoIs(stale)).toEqual(["alice", "remembered"]);
    await whoIs(stale);
    engine.clock.advance(61);
    expect(await whoIs(browser)).toEqual(NOBODY);
    expect(engine.seen("device.theft-detected")).toEqual([]);
    expect(new Set(engine.refusals())).not.toContain("reused");
  });
});

describe("contention without an end", () => {
  it("ends a sign-out with an error by the store's deadline", async () => {
    const inner = memoryStore();
    let isContended = false;
    const store = wrapStore(inner, async (operation, call, [, only]) =>
      // Another request has always just changed the series.
      isContended && operation === "delete" && only !== undefined ? false : call(),
    );
    const engine = startRemembering({ store, policy: { storeDeadlineSeconds: 0.5 } });
    const browser = await remembered(engine);
    isContended = true;
    const ended = browser.visit((session) => session.signOut());
    await expect(ended).rejects.toMatchObject({ code: "HOLDFAST_STORE" });
    isContended = false;
    await browser.visit((session) => session.signOut());
    expect((await inner.scan?.(undefined, 10))?.sessions).toEqual([]);
  });

  it("ends a return with an error, and leaves no session behind", async () => {
    const inner = memoryStore();
    const engine = startRemembering({ store: inner });
    const browser = await remembered(engine);
    closeBrowser(browser);
    await whoIs(browser.copy());
    const record = await inner.get(keyOf(browser.jar.get(DEVICE)));
    // The session to join is gone, and each time another request has just written the series.
    for (const { key, record: each } of (await inner.scan?.(undefined, 10))?.sessions ?? []) {
      if ((each.flags & recordFlags.series) === 0) inner.delete(key);
    }
    let version = record?.version ?? 0;
    const contended = startRemembering({
      clock: engine.clock,
      store: wrapStore(inner, async (operation, call, [key]) => {
        const answer = await call();
        if (operation !== "get" || key !== keyOf(browser.jar.get(DEVICE))) return answer;
        const found = await inner.get(key as string);
        if (found !== undefined) inner.put(key as string, { ...found, version: ++version });
        return answer;
      }),
    });
    const tab = contended.newBrowser();
    tab.jar.set(DEVICE, browser.jar.get(DEVICE) ?? "");
    await expect(whoIs(tab)).rejects.toMatchObject({ code: "HOLDFAST_STORE" });
    expect((await inner.scan?.(undefined, 99))?.sessions).toHaveLength(1);
  });
});

describe("a series that a newer release wrote", () => {
  it("is nobody's here, for as long as both releases run, and raises no alarm", async () => {
    const engine = startRemembering();
    const browser = await remembered(engine);
    closeBrowser(browser);
    const key = keyOf(browser.jar.get(DEVICE));
    await tamper(engine.store, key, () => ({ format: 2 }));
    expect(await whoIs(browser)).toEqual(NOBODY);
    await tamper(engine.store, key, () => ({ format: 1 }));
    expect(await whoIs(browser)).toEqual(["alice", "remembered"]);
    expect(engine.seen("device.theft-detected")).toEqual([]);
  });
});

describe("keys", () => {
  const before = testKeyring([[0, "current"]]);

  it("that were replaced open the device, and the new cookie is under the current one", async () => {
    const old = startRemembering({ keyring: before });
    const browser = await remembered(old);
    const after = startRemembering({
      clock: old.clock,
      store: old.store,
      keyring: testKeyring([
        [0, "old"],
        [1, "current"],
      ]),
    }).newBrowser();
    after.jar.set(DEVICE, browser.jar.get(DEVICE) ?? "");
    expect(await whoIs(after)).toEqual(["alice", "remembered"]);
    expect(Buffer.from(after.jar.get(DEVICE) ?? "", "base64url")[0]).toBe(0x11);
  });

  it("that this process lacks end nothing, and keep the browser's cookie", async () => {
    const newer = startRemembering({ keyring: testKeyring([[1, "current"]]) });
    const browser = await remembered(newer);
    closeBrowser(browser);
    const behind = startRemembering({
      clock: newer.clock,
      store: newer.store,
      keyring: before,
    });
    const here = behind.newBrowser();
    here.jar.set(DEVICE, browser.jar.get(DEVICE) ?? "");
    const { head, result } = await here.visit((session) => session.subject);
    expect([result, head.setCookies]).toEqual([undefined, []]);
    expect(behind.refusals()).toEqual(["key-missing"]);
    expect(await whoIs(browser)).toEqual(["alice", "remembered"]);
  });

  it("that were revoked make the cookie as good as unknown", async () => {
    const old = startRemembering({ keyring: before });
    const browser = await remembered(old);
    const ring = testKeyring([
      [0, "revoked"],
      [1, "current"],
    ]);
    const after = startRemembering({ clock: old.clock, store: old.store, keyring: ring });
    const here = after.newBrowser();
    here.jar.set(DEVICE, browser.jar.get(DEVICE) ?? "");
    expect(await whoIs(here)).toEqual(NOBODY);
    expect(after.refusals()).toEqual(["unknown"]);
  });
});

describe("another cookie name", () => {
  it("takes the device over with the session, and expires its old cookie", async () => {
    const old = startRemembering();
    const browser = await remembered(old);
    closeBrowser(browser);
    const renamed = startRemembering({
      clock: old.clock,
      store: old.store,
      policy: { cookieName: "__Host-new", previousNames: [SID] },
    }).newBrowser();
    renamed.jar.set(DEVICE, browser.jar.get(DEVICE) ?? "");
    expect(await whoIs(renamed)).toEqual(["alice", "remembered"]);
    expect([...renamed.jar.keys()].sort()).toEqual(["__Host-new", "__Host-new-remember"]);
    renamed.jar.delete("__Host-new");
    expect(await whoIs(renamed)).toEqual(["alice", "remembered"]);
  });
});

describe("without remember-me", () => {
  it("a session that came with a device goes on", async () => {
    const old = startRemembering();
    const browser = await remembered(old);
    const here = startEngine({ clock: old.clock, store: old.store }).newBrowser();
    here.jar.set(SID, browser.jar.get(SID) ?? "");
    await here.visit((session) => session.rotate());
    expect((await here.visit((session) => session.subject)).result).toBe("alice");
  });

  it("a device's cookie of before means nothing", async () => {
    const old = startRemembering();
    const browser = await remembered(old);
    const { newBrowser } = startEngine({ clock: old.clock, store: old.store });
    const here = newBrowser();
    here.jar.set(DEVICE, browser.jar.get(DEVICE) ?? "");
    expect((await here.visit((session) => session.subject)).head.setCookies).toEqual([]);
  });
});
