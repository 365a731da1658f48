/**
 * An endless session: idle and absolute deadlines are kept by the server, whatever the browser does.
 * @see CWE-613; ASVS 5.0, 7.3.1, 7.3.2
 */
import { describe, expect, it } from "vitest";
import { keyOf, signedIn, startEngine, type TestBrowser } from "../support/engine.ts";

const subjectOf = async (browser: TestBrowser, headers: Record<string, string> = {}) =>
  (await browser.visit((session) => session.subject, { headers })).result;

describe("endless session", () => {
  it("ends with the idle timeout, to the millisecond", async () => {
    const engine = startEngine();
    const browser = await signedIn(engine);
    engine.clock.advance(1799.999);
    expect(await subjectOf(browser.copy())).toBe("alice");
    const other = startEngine();
    const idle = await signedIn(other);
    other.clock.advance(1800);
    expect(await subjectOf(idle)).toBeUndefined();
    expect(other.seen("session.expired")).toMatchObject([{ cause: "idle" }]);
  });

  it("ends with the absolute timeout, however busy it is", async () => {
    const engine = startEngine();
    const browser = await signedIn(engine);
    for (let minute = 10; minute < 720; minute += 10) {
      engine.clock.advance(600);
      expect(await subjectOf(browser), `minute ${minute}`).toBe("alice");
    }
    await browser.visit((session) => session.stepUp("passkey"));
    engine.clock.advance(599.999);
    expect(await subjectOf(browser)).toBe("alice");
    engine.clock.advance(0.001);
    expect(await subjectOf(browser)).toBeUndefined();
    expect(engine.seen("session.expired")).toMatchObject([{ cause: "absolute" }]);
  });

  it("is not kept alive by polling, although polling rotates and confirms secrets", async () => {
    for (const everySeconds of [30, 60, 450]) {
      const engine = startEngine({
        policy: { isActivity: (request) => request.header("x-poll") === undefined },
      });
      const browser = await signedIn(engine);
      const startedAt = engine.clock.now();
      let lastServedAt = startedAt;
      for (let second = 0; second < 7200; second += everySeconds) {
        engine.clock.advance(everySeconds);
        if ((await subjectOf(browser, { "x-poll": "1" })) === "alice") {
          lastServedAt = engine.clock.now();
        }
      }
      expect((lastServedAt - startedAt) / 1000, `every ${everySeconds} s`).toBeLessThan(1800);
    }
  });

  it("is not kept alive by prefetches", async () => {
    for (const headers of [
      { "sec-purpose": "prefetch" },
      { "sec-purpose": "prefetch;prerender" },
      { purpose: "prefetch" },
      { "x-moz": "prefetch" },
    ]) {
      const engine = startEngine();
      const browser = await signedIn(engine);
      engine.clock.advance(1700);
      expect(await subjectOf(browser, headers)).toBe("alice");
      engine.clock.advance(100);
      expect(await subjectOf(browser)).toBeUndefined();
    }
  });

  it("writes a renewal for a twentieth of the idle timeout, not for every request", async () => {
    const engine = startEngine({ policy: { rotationIntervalSeconds: 86_400 } });
    const browser = await signedIn(engine);
    engine.store.reset();
    for (let second = 0; second < 89; second++) {
      engine.clock.advance(1);
      await subjectOf(browser);
    }
    expect(engine.store.counts).toMatchObject({ touch: 0, put: 0 });
    engine.clock.advance(1);
    await subjectOf(browser);
    expect(engine.store.counts).toMatchObject({ touch: 1, put: 0 });
    await subjectOf(browser);
    expect(engine.store.counts.touch).toBe(1);
    engine.clock.advance(1799);
    expect(await subjectOf(browser)).toBe("alice");
  });

  it("lets a session end a twentieth early at most, and never late", async () => {
    const engine = startEngine({ policy: { rotationIntervalSeconds: 86_400 } });
    const browser = await signedIn(engine);
    engine.clock.advance(89);
    await subjectOf(browser);
    const lastUsedAt = engine.clock.now();
    const record = await engine.store.get(keyOf(browser.token));
    const endsAt = record?.idleExpiresAt ?? 0;
    expect(endsAt).toBeLessThanOrEqual(lastUsedAt + 1_800_000);
    expect(endsAt).toBeGreaterThan(lastUsedAt + 1_800_000 - 90_000);
  });

  it("renews by no pure read", async () => {
    const engine = startEngine();
    const browser = await signedIn(engine);
    engine.clock.advance(1700);
    engine.store.reset();
    expect((await engine.sessions.read(browser.view())).subject).toBe("alice");
    expect(engine.store.counts).toMatchObject({ get: 1, touch: 0, put: 0 });
    engine.clock.advance(100);
    expect(await subjectOf(browser)).toBeUndefined();
  });

  it("gives a session that its browser never presents an hour at most", async () => {
    const engine = startEngine({
      policy: { idleTimeoutSeconds: 43_200, absoluteTimeoutSeconds: 86_400 },
    });
    const { browser } = engine;
    await browser.visit((session) => session.signIn("alice", { level: "password" }));
    engine.clock.advance(3600);
    expect(await subjectOf(browser)).toBeUndefined();
    const used = await signedIn(engine);
    engine.clock.advance(43_199);
    expect(await subjectOf(used)).toBe("alice");
  });

  it("gives a new absolute lifetime to a new sign-in alone", async () => {
    const engine = startEngine();
    const browser = await signedIn(engine);
    const end = async () => (await engine.store.get(keyOf(browser.token)))?.absoluteExpiresAt ?? 0;
    const first = await end();
    engine.clock.advance(901);
    await subjectOf(browser);
    await subjectOf(browser);
    await browser.visit((session) => session.rotate());
    await browser.visit((session) => session.stepUp("passkey"));
    expect(await end()).toBe(first);
    await browser.visit((session) => session.signIn("alice", { level: "password" }));
    expect(await end()).toBe(engine.clock.now() + 43_200_000);
  });
});
