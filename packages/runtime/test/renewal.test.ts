/**
 * Renewal: a session in use does not end, at the cost of few writes.
 * @module
 */
import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { createKeyring, createSessions } from "../src/index.ts";
import { memoryStore } from "../src/stores/memory.ts";
import { countingStore, fakeClock } from "../src/testing/index.ts";
import { Browser } from "./support/browser.ts";

function world(policy = {}) {
  const clock = fakeClock(1_800_000_000_000);
  const store = countingStore(memoryStore());
  const sessions = createSessions({
    keyring: createKeyring({ bytes: randomBytes(32) }),
    store,
    policy,
    now: clock.now,
    sweep: false,
  });
  return { clock, store, browser: new Browser(sessions) };
}

describe("renewal of the idle deadline", () => {
  it("keeps a session that writes what is there already", async () => {
    const { clock, browser } = world();
    await browser.visit((session) => session.set("theme", "dark"));
    for (let minute = 0; minute < 120; minute += 10) {
      clock.advance(600);
      const { result } = await browser.visit((session) => {
        session.set("theme", "dark");
        return session.handle;
      });
      expect(result).toBeDefined();
    }
  });

  it("writes at most twenty times per idle timeout", async () => {
    const { clock, store, browser } = world({ rotationIntervalSeconds: 86_400 });
    await browser.visit((session) => session.signIn("ada"));
    await browser.visit((session) => session.subject);
    store.reset();
    for (let second = 0; second < 1800; second++) {
      clock.advance(1);
      await browser.visit((session) => session.subject);
    }
    expect(store.counts.put).toBe(0);
    expect(store.counts.touch).toBeGreaterThan(10);
    expect(store.counts.touch).toBeLessThanOrEqual(20);
    expect(store.counts.get).toBe(1800);
  });

  it("is not earned by a prefetch, nor by what the policy calls background", async () => {
    const isActivity = (request: { header(name: string): string | undefined }) =>
      request.header("x-poll") === undefined;
    for (const headers of [{ "sec-purpose": "prefetch" }, { "x-poll": "1" }]) {
      const { clock, browser } = world({ isActivity });
      await browser.visit((session) => session.signIn("ada"));
      await browser.visit((session) => session.subject);
      for (let minute = 0; minute < 30; minute++) {
        clock.advance(61);
        await browser.visit((session) => session.subject, { headers });
      }
      const { result } = await browser.visit((session) => session.subject);
      expect(result).toBeUndefined();
    }
  });
});
