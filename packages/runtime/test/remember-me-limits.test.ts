/**
 * What remember-me must not stretch: the limits of sessions and devices, the deadlines, pure readers, what a
 * handler changes while it takes its time, and what the application's schema allows.
 */
import { describe, expect, it } from "vitest";
import { csrf } from "../src/csrf/csrf.ts";
import type { StandardSchema } from "../src/options.ts";
import { type Engine, keyOf, signedIn, startEngine, type TestBrowser } from "./support/engine.ts";
import type { TestSession } from "./support/http.ts";
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
const NOBODY = [undefined, undefined];

async function closed(engine: Engine): Promise<TestBrowser> {
  const browser = await remembered(engine);
  closeBrowser(browser);
  return browser;
}

describe("the limit of sessions", () => {
  it("holds for a browser that comes back: where new ones are refused, so is it", async () => {
    const policy = { sessionsPerSubject: 2, sessionLimit: "refuse-new" } as const;
    const engine = startRemembering({ policy });
    const browser = await closed(engine);
    await signedIn(engine);
    for (let n = 0; n < 3; n++) expect(await whoIs(browser)).toEqual(NOBODY);
    expect(engine.seen("sign-in.refused")).toMatchObject([
      { reason: "limit-reached", subject: "alice" },
      { reason: "limit-reached" },
      { reason: "limit-reached" },
    ]);
    expect((await engine.store.scan?.(undefined, 99))?.sessions).toHaveLength(3);
  });

  it("is that of devices too: the one used longest ago is forgotten", async () => {
    const engine = startRemembering({ policy: { sessionsPerSubject: 2 } });
    const browsers: TestBrowser[] = [];
    for (let n = 0; n < 3; n++) {
      browsers.push(await closed(engine));
      engine.clock.advance(DAY);
    }
    expect(await whoIs(browsers[0] as TestBrowser)).toEqual(NOBODY);
    expect(await whoIs(browsers[1] as TestBrowser)).toEqual(["alice", "remembered"]);
    expect(engine.seen("device.forgotten")).toMatchObject([{ reason: "limit" }]);
  });

  it("keeps eight sessions of one device at once", async () => {
    const engine = startRemembering({ policy: { idleTimeoutSeconds: 36_000 } });
    const browser = await closed(engine);
    for (let n = 0; n < 10; n++) {
      await whoIs(browser);
      await whoIs(browser);
      closeBrowser(browser);
      engine.clock.advance(61);
    }
    expect((await engine.store.scan?.(undefined, 99))?.sessions).toHaveLength(8 + 1);
  });
});

describe("deadlines", () => {
  it("a session that came back ends with its device at the latest", async () => {
    const remember = { idleTimeoutSeconds: 7200, absoluteTimeoutSeconds: 7200 };
    const engine = startRemembering({ remember });
    const browser = await closed(engine);
    engine.clock.advance(7190);
    expect(await whoIs(browser)).toEqual(["alice", "remembered"]);
    const record = await engine.store.get(keyOf(browser.jar.get(SID)));
    expect(record?.absoluteExpiresAt).toBe(engine.clock.now() + 10_000);
    engine.clock.advance(10);
    expect(await whoIs(browser)).toEqual(NOBODY);
  });

  it("a browser that was closed on the answer to its sign-in comes back a week later", async () => {
    const engine = startRemembering();
    const browser = engine.newBrowser();
    await browser.visit((session) =>
      session.signIn("alice", { level: "password", remember: true }),
    );
    expect(await engine.sessions.subject("alice").list()).toMatchObject([{ remembered: true }]);
    closeBrowser(browser);
    engine.clock.advance(7 * DAY);
    expect(await whoIs(browser)).toEqual(["alice", "remembered"]);
  });
});

describe("a pure reader", () => {
  it("sees nobody, and uses no secret up", async () => {
    const engine = startRemembering();
    const browser = await closed(engine);
    engine.store.reset();
    const session = await engine.sessions.read(browser.view());
    expect(session.subject).toBe(undefined);
    expect(engine.store.total).toBe(0);
    expect(await whoIs(browser)).toEqual(["alice", "remembered"]);
  });
});

describe("two cookies of a device", () => {
  it("are both refused, and neither is used up", async () => {
    const engine = startRemembering();
    const [first, second] = [await closed(engine), await closed(engine)];
    const cookies = `${first.cookies}; ${second.cookies}`;
    const { result } = await engine.browser.visit((session) => session.subject, { cookies });
    expect(result).toBe(undefined);
    expect(engine.refusals()).toEqual(["duplicate"]);
    expect(await whoIs(first)).toEqual(["alice", "remembered"]);
    expect(await whoIs(second)).toEqual(["alice", "remembered"]);
  });
});

describe("an old cookie of somebody's device", () => {
  it("ends nothing when a browser signs out, or in, with it beside a session of its own", async () => {
    for (const handler of [
      (session: TestSession) => session.signOut(),
      (session: TestSession) => session.signIn("bob", { level: "password" }),
    ]) {
      const engine = startRemembering();
      const alice = await closed(engine);
      const old = alice.jar.get(DEVICE) ?? "";
      await whoIs(alice);
      await whoIs(alice);
      engine.clock.advance(61);
      const bob = await signedIn(engine, "bob");
      bob.jar.set(DEVICE, old);
      await bob.visit(handler);
      closeBrowser(alice);
      expect(await whoIs(alice)).toEqual(["alice", "remembered"]);
    }
  });
});

describe("a page that takes its time", () => {
  it("does not overwrite the session that its browser stepped up meanwhile", async () => {
    const engine = startRemembering();
    const slow = await closed(engine);
    const quick = slow.copy();
    const held = await slow.open();
    await whoIs(quick);
    await whoIs(quick);
    await quick.visit((session) => session.stepUp("passkey"));
    const head = await slow.finish(held);
    expect(head.setCookies).toEqual([]);
    expect(await whoIs(quick)).toEqual(["alice", "passkey"]);
  });

  it("does not bring back the cookies of a browser that signed out meanwhile", async () => {
    const engine = startRemembering();
    const slow = await closed(engine);
    const quick = slow.copy();
    const held = await slow.open();
    await quick.visit((session) => session.signOut());
    expect((await slow.finish(held)).setCookies).toEqual([]);
  });

  it("is told to repeat if it comes so late that its browser has newer cookies", async () => {
    const engine = startRemembering();
    const late = await closed(engine);
    const quick = late.copy();
    await whoIs(quick);
    await whoIs(quick);
    await quick.visit((session) => session.stepUp("passkey"));
    const asked = late.visit((session) => session.subject);
    await expect(asked).rejects.toMatchObject({ reason: "superseded", status: 409 });
    expect(await whoIs(quick)).toEqual(["alice", "passkey"]);
  });
});

describe("a rotation, and a sign-in", () => {
  it("end the device before also if its cookie did not come along", async () => {
    for (const renew of ["rotate", "signIn"] as const) {
      const engine = startRemembering();
      const browser = await remembered(engine);
      const thief = browser.copy();
      browser.jar.delete(DEVICE);
      await browser.visit((session) =>
        renew === "rotate"
          ? session.rotate()
          : session.signIn("alice", { level: "password", remember: true }),
      );
      closeBrowser(thief);
      expect(await whoIs(thief)).toEqual(NOBODY);
      // Who rotates without the device's secret may be a thief of the session: it gets no device.
      closeBrowser(browser);
      const isBack = renew === "signIn" ? ["alice", "remembered"] : NOBODY;
      expect(await whoIs(browser)).toEqual(isBack);
    }
  });

  it("remember the device further with the very request that came back", async () => {
    const engine = startRemembering();
    const browser = await closed(engine);
    await browser.visit((session) => session.rotate());
    await whoIs(browser);
    closeBrowser(browser);
    expect(await whoIs(browser)).toEqual(["alice", "remembered"]);
  });

  it("remember the device further after the account's other sessions were ended", async () => {
    const engine = startRemembering();
    const browser = await remembered(engine);
    await browser.visit(async (session) => {
      const account = engine.sessions.subject("alice");
      await account.revokeAll({ except: session.handle });
      await session.rotate();
    });
    closeBrowser(browser);
    expect(await whoIs(browser)).toEqual(["alice", "remembered"]);
  });
});

describe("notices", () => {
  it("of a theft survive a sign-in with the very request that found it", async () => {
    const engine = startRemembering();
    const owner = await closed(engine);
    const thief = owner.copy();
    await whoIs(thief);
    await whoIs(thief);
    engine.clock.advance(61);
    const options = { level: "password", remember: true } as const;
    await owner.visit((session) => session.signIn("alice", options), { method: "POST" });
    expect(await noticesOf(owner)).toEqual(["theft"]);
    closeBrowser(owner);
    expect(await whoIs(owner)).toEqual(["alice", "remembered"]);
  });

  it("are left out where the schema takes no session without data, and nothing else is", async () => {
    const data: StandardSchema<Record<string, unknown>> = {
      "~standard": {
        version: 1,
        validate: (value) =>
          Object.keys(value as object).length > 0
            ? { value: value as Record<string, unknown> }
            : { issues: [{ message: "empty", path: ["cart"] }] },
      },
    };
    const engine = startRemembering({ data });
    const browser = engine.newBrowser();
    await browser.visit(async (session) => {
      session.set("cart", 1);
      await session.signIn("alice", { level: "password", remember: true, carry: ["cart"] });
    });
    closeBrowser(browser);
    const thief = browser.copy();
    expect(await whoIs(thief)).toEqual(["alice", "remembered"]);
    await whoIs(thief);
    engine.clock.advance(61);
    expect(await whoIs(browser)).toEqual(NOBODY);
    expect(engine.seen("device.theft-detected")).toHaveLength(1);
    expect(await noticesOf(browser)).toEqual([]);
  });
});

describe("a form that was open when its session ended", () => {
  it("is sent with the token it has, by the browser that comes back with it", async () => {
    const engine = startRemembering({ csrf: csrf() });
    const browser = await remembered(engine);
    const { result: token } = await browser.visit((session) => session.csrfToken());
    engine.clock.advance(3600);
    const headers = { "sec-fetch-site": "same-origin", "x-csrf-token": token };
    const sent = await browser.visit((session) => session.subject, { method: "POST", headers });
    expect(sent.result).toBe("alice");
    expect(engine.seen("csrf.refused")).toEqual([]);
    expect(engine.seen("device.resumed")).toHaveLength(1);
  });
});

describe("an ordinary request", () => {
  it("costs the store no more with remember-me than without", async () => {
    const [plain, remembering] = [startEngine(), startRemembering()];
    for (const engine of [plain, remembering]) {
      const browser = await signedIn(engine);
      engine.store.reset();
      await browser.visit((session) => session.subject);
      expect(engine.store.counts).toMatchObject({ get: 1, put: 0 });
      expect(engine.store.total).toBe(1);
    }
  });
});
