/**
 * Anti-forgery tokens and the engine: nothing happens before one was seen, where it is found, what is
 * reported, and what the options may be.
 * @module
 */
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { csrf } from "../src/csrf/csrf.ts";
import { SessionError, SessionRefusal } from "../src/errors.ts";
import { createSessions } from "../src/sessions.ts";
import { memoryStore } from "../src/stores/memory.ts";
import { engine, formOf, POST, sent, signInBy } from "./support/csrf.ts";
import { type Engine, signedIn as signIn, startEngine, testKeyring } from "./support/engine.ts";
import type { TestSession } from "./support/http.ts";

describe("an unsafe request without a token", () => {
  const calls: readonly (readonly [name: string, call: (session: TestSession) => unknown])[] = [
    ["subject", (session) => session.subject],
    ["handle", (session) => session.handle],
    ["level", (session) => session.level],
    ["authenticatedAt", (session) => session.authenticatedAt],
    ["get", (session) => session.get("n")],
    ["set", (session) => session.set("n", 1)],
    ["delete", (session) => session.delete("n")],
    ["update", (session) => session.update("n", () => 2)],
    ["flash", (session) => session.flash("notice", "x")],
    ["takeFlash", (session) => session.takeFlash("notice")],
    ["isFresh", (session) => session.isFresh({ withinSeconds: 60 })],
    ["requireFresh", (session) => session.requireFresh({ withinSeconds: 60 })],
    ["requireLevel", (session) => session.requireLevel("password")],
    ["signIn", (session) => session.signIn("mallory", { level: "password" })],
    ["stepUp", (session) => session.stepUp("passkey")],
    ["rotate", (session) => session.rotate()],
    ["signOut", (session) => session.signOut()],
    ["commit", (session) => session.commit()],
  ];
  for (const [name, call] of calls) {
    it(`gets nothing from ${name}`, async () => {
      const world = engine();
      const browser = await signIn(await withForms(world));
      const { token } = browser;
      world.store.reset();
      const { result, head } = await browser.visit(async (session) => {
        try {
          return await call(session);
        } catch (error) {
          return error;
        }
      }, POST);
      expect(result).toMatchObject({ name: "SessionRefusal", reason: "csrf" });
      expect(head.setCookies).toEqual([]);
      expect(browser.token).toBe(token);
      expect(world.store.counts).toMatchObject({ create: 0, put: 0, delete: 0 });
      expect((await browser.visit((session) => session.subject)).result).toBe("alice");
    });
  }

  it("is heard once the token is there, also after a refusal was caught", async () => {
    const world = engine();
    const { browser } = world;
    const token = await formOf(browser);
    const { result } = await browser.visit((session) => {
      expect(() => session.subject).toThrow(SessionRefusal);
      session.verifyCsrf(token);
      session.verifyCsrf(undefined); // Seen is seen.
      session.set("n", 1);
      return session.get("n");
    }, POST);
    expect(result).toBe(1);
  });

  it("may have a safe method", async () => {
    const { browser } = engine();
    for (const method of ["GET", "HEAD", "OPTIONS", "TRACE"]) {
      const { result } = await browser.visit((session) => session.subject ?? "nobody", { method });
      expect(result).toBe("nobody");
    }
  });
});

/** An engine whose helper signs in by a form. */
async function withForms(world: Engine) {
  return {
    newBrowser: () => {
      const browser = world.newBrowser();
      const visit = browser.visit.bind(browser);
      browser.visit = async (handler, init) => {
        const token = (await visit((session) => session.csrfToken())).result;
        browser.visit = visit;
        return visit((session) => {
          session.verifyCsrf(token);
          return handler(session);
        }, init);
      };
      return browser;
    },
  };
}

describe("a form", () => {
  it("is found in parsed fields, FormData and URLSearchParams, and nowhere else", async () => {
    const { browser } = engine({ forms: { fieldName: "_token" } });
    const token = await formOf(browser);
    const data = new FormData();
    data.set("_token", token);
    const twice = new URLSearchParams({ _token: token });
    twice.append("_token", token);
    const file = new FormData();
    file.set("_token", new Blob([token]));
    const forms: readonly (readonly [form: string | object | null | undefined, good: boolean])[] = [
      [token, true],
      [{ _token: token }, true],
      [Object.assign(Object.create(null), { _token: token }), true],
      [{ _token: [token] }, true],
      [data, true],
      [new URLSearchParams({ _token: token }), true],
      [{ csrf_token: token }, false],
      [Object.create({ _token: token }), false],
      [{ _token: [token, token] }, false],
      [{ _token: { toString: () => token } }, false],
      [twice, false],
      [file, false],
      [undefined, false],
      [null, false],
      ["", false],
      [{}, false],
      [[token], false],
    ];
    for (const [form, good] of forms) {
      const { result } = await browser.visit((session) => {
        try {
          session.verifyCsrf(form);
          return true;
        } catch {
          return false;
        }
      }, POST);
      expect(result, inspect(form)).toBe(good);
    }
  });

  it("is found in the header that was named, by itself", async () => {
    const { browser } = engine({ forms: { headerName: "X-Own" } });
    const token = await formOf(browser);
    const headers = { "x-own": token };
    const { result } = await browser.visit((session) => session.subject ?? "nobody", {
      ...POST,
      headers,
    });
    expect(result).toBe("nobody");
  });
});

describe("the event of a refused token", () => {
  it("comes once a minute for each reason and address, also in a flood from many", async () => {
    const world = engine();
    const refuse = (address: string, token?: string) =>
      world.browser.visit(
        (session) => {
          expect(() => session.verifyCsrf(token)).toThrow(SessionRefusal);
        },
        { ...POST, address },
      );
    for (let n = 0; n < 5; n++) await refuse("192.0.2.1");
    await refuse("192.0.2.1", "x");
    await refuse("192.0.2.2");
    expect(world.seen("csrf.refused")).toMatchObject([
      { reason: "missing", address: "192.0.2.1", method: "POST" },
      { reason: "malformed", address: "192.0.2.1" },
      { reason: "missing", address: "192.0.2.2" },
    ]);
    world.clock.advance(60);
    await refuse("192.0.2.1");
    expect(world.seen("csrf.refused")).toHaveLength(4);
    world.clock.advance(60);
    for (let n = 0; n < 4200; n++) await refuse(`2001:db8::${n}`);
    expect(world.seen("csrf.refused")).toHaveLength(4 + 4097);
    // What was counted together is forgotten with the rest.
    world.clock.advance(60);
    await refuse("2001:db8::a");
    await refuse("2001:db8::b");
    expect(world.seen("csrf.refused")).toHaveLength(4 + 4097 + 2);
  });

  it("names the session, and shows no token", async () => {
    const world = engine();
    await signInBy(world.browser, "alice");
    const { result: handle } = await world.browser.visit((session) => session.handle);
    const other = await formOf(world.newBrowser());
    expect(await sent(world.browser, other)).toBe("refused: csrf");
    expect(world.seen("csrf.refused")).toMatchObject([{ handle, reason: "other-session" }]);
    expect(JSON.stringify(world.events)).not.toContain(other);
  });
});

describe("the options", () => {
  it("are refused all at once", () => {
    const options = {
      require: "sometimes",
      headerName: "x token",
      fieldName: "",
      trustedOrigins: [
        "https://ok.test",
        "https://ok.test/",
        "https://ok.test/path",
        "https://*.ok.test",
        "http://plain.test",
        "null",
        "HTTPS://ok.test",
        "https://ok.test:443",
        "https://user@ok.test",
        42,
      ],
      header: "x",
    };
    let caught: unknown;
    try {
      csrf(options as never);
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(SessionError);
    expect(caught).toMatchObject({ code: "HOLDFAST_OPTION" });
    const [, ...faults] = (caught as SessionError).message.split("\n");
    expect(faults.map((fault) => fault.split('"')[1])).toEqual([
      "csrf.header",
      "csrf.require",
      "csrf.headerName",
      "csrf.fieldName",
      ...[1, 2, 3, 4, 5, 6, 7, 8, 9].map((at) => `csrf.trustedOrigins[${at}]`),
    ]);
  });

  it("take https origins, and http ones of this machine", () => {
    const trustedOrigins = ["https://a.test", "https://a.test:8443", "http://localhost:3000"];
    expect(() => csrf({ trustedOrigins })).not.toThrow();
  });

  it("are named where a token is asked for without them", async () => {
    const store = memoryStore();
    const sessions = createSessions({ keyring: testKeyring(), store, sweep: false });
    const { session } = await sessions.open(startEngine().browser.view());
    for (const call of [() => session.csrfToken(), () => session.verifyCsrf("x")]) {
      expect(call).toThrow(expect.objectContaining({ code: "HOLDFAST_OPTION" }));
    }
  });
});
