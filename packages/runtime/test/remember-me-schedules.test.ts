/**
 * Two browsers, or two tabs of one, and a thief, in every order of their store operations. Whatever the order:
 * one successor, one session, nothing brought back, and no alarm without a reason for one.
 */
import { describe, expect, it } from "vitest";
import { SessionRefusal } from "../src/errors.ts";
import type { TestBrowser, TestSessions } from "./support/engine.ts";
import { everySchedule } from "./support/mongodb-schedule.ts";
import { closeBrowser, DEVICE, remembered, SID, whoIs } from "./support/remember.ts";
import { type Gate, ScheduledWorld } from "./support/remember-schedule.ts";

const TIMEOUT_MILLISECONDS = 60_000;
const GRACE_SECONDS = 60;

/** The same jar, in a process of its own. */
function at(browser: TestBrowser, sessions: TestSessions): TestBrowser {
  const other = new (browser.constructor as new (sessions: TestSessions) => TestBrowser)(sessions);
  for (const [name, value] of browser.jar) other.jar.set(name, value);
  return other;
}

/** A remembered browser that was closed. */
async function closed(world: ScheduledWorld): Promise<TestBrowser> {
  const browser = await remembered({ newBrowser: () => world.browser() });
  closeBrowser(browser);
  return browser;
}

/** Its cookie was replaced, its successor is in use, and nothing of that is in this copy. */
async function outdated(world: ScheduledWorld): Promise<{ old: TestBrowser; now: TestBrowser }> {
  const now = await closed(world);
  const old = now.copy();
  await whoIs(now);
  await whoIs(now);
  world.clock.advance(GRACE_SECONDS + 1);
  closeBrowser(now);
  return { old, now };
}

/** A visit whose cookies stay with the caller; a refusal counts as nobody. */
async function visit(browser: TestBrowser): Promise<unknown> {
  try {
    return (await whoIs(browser))[0];
  } catch (error) {
    if (error instanceof SessionRefusal) return undefined;
    throw error;
  }
}

/** Only what concerns the device's record, and what others find by their subject. */
async function seriesOnly(world: ScheduledWorld): Promise<Gate> {
  const keys = new Set((await world.kept()).series.map(({ key }) => key));
  return (operation, [key]) => operation === "deleteSubject" || keys.has(key as string);
}

/** A new session, too, where it could slip through an ending by its subject. */
async function seriesAndSessions(world: ScheduledWorld): Promise<Gate> {
  const gate = await seriesOnly(world);
  return (operation, values) => operation === "create" || gate(operation, values);
}

async function expectNobody(world: ScheduledWorld, browsers: readonly TestBrowser[]) {
  expect(await world.kept()).toEqual({ series: [], sessions: [] });
  for (const browser of browsers) expect(await visit(at(browser, world.sessions))).toBe(undefined);
}

describe("in every order,", { timeout: TIMEOUT_MILLISECONDS }, () => {
  it("two tabs and a thief with the same secret get one session and one successor", async () => {
    const schedules = await everySchedule(async (choose) => {
      const world = new ScheduledWorld();
      const owner = await closed(world);
      const jars: TestBrowser[] = [];
      const tab = async (sessions: TestSessions) => {
        const browser = at(owner, sessions);
        jars.push(browser);
        expect(await visit(browser)).toBe("alice");
      };
      const failures = await world.race([tab, tab, tab], choose, await seriesOnly(world));
      expect(failures).toEqual([undefined, undefined, undefined]);
      for (const name of [SID, DEVICE]) {
        expect(new Set(jars.map(({ jar }) => jar.get(name))).size).toBe(1);
      }
      expect(world.seen("device.theft-detected")).toEqual([]);
      // The sign-in's session, and the one that all three came back to.
      expect((await world.kept()).sessions).toHaveLength(2);
    });
    expect(schedules).toBeGreaterThan(50);
  });

  for (const [what, end] of [
    ["signing out", (browser: TestBrowser) => browser.visit((session) => session.signOut())],
    [
      "signing out everywhere",
      (_: TestBrowser, sessions: TestSessions) => sessions.subject("alice").revokeAll(),
    ],
  ] as const) {
    it(`${what} ends what two tabs come back to meanwhile`, async () => {
      const schedules = await everySchedule(async (choose) => {
        const world = new ScheduledWorld();
        const signedIn = await remembered({ newBrowser: () => world.browser() });
        const owner = signedIn.copy();
        closeBrowser(owner);
        const jars: TestBrowser[] = [];
        const tab = async (sessions: TestSessions) => {
          const browser = at(owner, sessions);
          jars.push(browser);
          await visit(browser);
        };
        const ending = async (sessions: TestSessions) => end(at(signedIn, sessions), sessions);
        const gate = await (end.length === 2 ? seriesAndSessions : seriesOnly)(world);
        const failures = await world.race([tab, ending, tab], choose, gate);
        expect(failures).toEqual([undefined, undefined, undefined]);
        await expectNobody(world, [...jars, owner, signedIn]);
        expect(world.seen("device.theft-detected")).toEqual([]);
      });
      expect(schedules).toBeGreaterThan(50);
    });
  }

  it("a thief with an old secret is found out once, and the owner's tabs end with it", async () => {
    const schedules = await everySchedule(async (choose) => {
      const world = new ScheduledWorld();
      const { old, now } = await outdated(world);
      const jars: TestBrowser[] = [];
      const tab = async (sessions: TestSessions) => {
        const browser = at(now, sessions);
        jars.push(browser);
        await visit(browser);
      };
      const thief = async (sessions: TestSessions) => {
        const browser = at(old, sessions);
        jars.push(browser);
        expect(await visit(browser)).toBe(undefined);
      };
      const gate = await seriesOnly(world);
      expect(await world.race([tab, thief, tab], choose, gate)).toEqual([
        undefined,
        undefined,
        undefined,
      ]);
      expect(world.seen("device.theft-detected")).toHaveLength(1);
      await expectNobody(world, [...jars, old, now]);
    });
    expect(schedules).toBeGreaterThan(50);
  });

  it("two that present an old secret at once raise one alarm", async () => {
    await everySchedule(async (choose) => {
      const world = new ScheduledWorld();
      const { old, now } = await outdated(world);
      const thief = (sessions: TestSessions) => visit(at(old, sessions));
      await world.race([thief, thief], choose);
      expect(world.seen("device.theft-detected")).toHaveLength(1);
      await expectNobody(world, [old, now]);
    });
  });

  it("a rotation that races signing out everywhere leaves no device behind", async () => {
    const schedules = await everySchedule(async (choose) => {
      const world = new ScheduledWorld();
      const owner = await remembered({ newBrowser: () => world.browser() });
      const jars: TestBrowser[] = [];
      const rotate = async (sessions: TestSessions) => {
        const browser = at(owner, sessions);
        jars.push(browser);
        await browser
          .visit((session) => session.rotate())
          .catch((error: unknown) => expect(error).toBeInstanceOf(SessionRefusal));
      };
      const everywhere = (sessions: TestSessions) => sessions.subject("alice").revokeAll();
      const all: Gate = () => true;
      expect(await world.race([rotate, everywhere], choose, all)).toEqual([undefined, undefined]);
      await expectNobody(world, [...jars, owner]);
    });
    expect(schedules).toBeGreaterThan(5);
  });

  it("a sign-in with a checkpoint that races signing out everywhere stays whole, or is refused", async () => {
    await everySchedule(async (choose) => {
      const world = new ScheduledWorld();
      const owner = await closed(world);
      const checkpoint = await world.sessions.subject("alice").checkpoint();
      const jars: TestBrowser[] = [];
      const signIn = async (sessions: TestSessions) => {
        const browser = at(owner, sessions);
        jars.push(browser);
        const options = { level: "password", remember: true, checkpoint } as const;
        await browser
          .visit((session) => session.signIn("alice", options))
          .catch((error: unknown) => expect(error).toBeInstanceOf(SessionRefusal));
      };
      const everywhere = (sessions: TestSessions) => sessions.subject("alice").revokeAll();
      expect(await world.race([signIn, everywhere], choose, () => true)).toEqual([
        undefined,
        undefined,
      ]);
      await expectNobody(world, [...jars, owner]);
    });
  });

  it("a late tab never overwrites what a step-up gave the browser", async () => {
    const schedules = await everySchedule(async (choose) => {
      const world = new ScheduledWorld();
      const late = await closed(world);
      const owner = late.copy();
      await whoIs(owner);
      await whoIs(owner);
      const before = owner.jar.get(SID);
      const after: TestBrowser[] = [];
      const stepUp = async (sessions: TestSessions) => {
        const browser = at(owner, sessions);
        await browser.visit((session) => session.stepUp("passkey"));
        after.push(browser);
      };
      const tab = async (sessions: TestSessions) => {
        const browser = at(late, sessions);
        const answered = after.length > 0;
        await visit(browser);
        // An answer that is under way with the step-up may have the session's old token, no later one.
        if (answered) expect(browser.jar.get(SID)).toBe(undefined);
        else expect([undefined, before]).toContain(browser.jar.get(SID));
      };
      const failures = await world.race([stepUp, tab], choose);
      expect(failures).toEqual([undefined, undefined]);
      expect((await world.kept()).sessions).toHaveLength(2);
      expect(await visit(at(after[0] as TestBrowser, world.sessions))).toBe("alice");
    });
    expect(schedules).toBeGreaterThan(5);
  });
});
