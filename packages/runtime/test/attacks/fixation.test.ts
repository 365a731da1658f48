/**
 * Fixation: an attacker makes the victim's browser present a token that the attacker knows.
 * @see CWE-384; ASVS 5.0, 7.2.4
 */
import { describe, expect, it } from "vitest";
import { newSecret, newSeries, readToken, writeToken } from "../../src/crypto/token.ts";
import { signedIn, startEngine, testKeyring } from "../support/engine.ts";
import { Client, servers } from "../support/http.ts";

const ANON = "__Host-sid-anon";
const SID = "__Host-sid";

describe("fixation", () => {
  it("never adopts a well-formed token that the store does not know", async () => {
    const engine = startEngine();
    const planted = writeToken(newSeries(), newSecret(), testKeyring().current, ANON);
    const victim = engine.newBrowser();
    await victim.visit((session) => session.set("cart", ["book"]), {
      cookies: `${ANON}=${planted}`,
    });
    const given = victim.jar.get(ANON) as string;
    expect(given).toBeDefined();
    expect(readToken(given)?.series).not.toEqual(readToken(planted)?.series);
    const { result } = await engine
      .newBrowser()
      .visit((session) => session.get("cart"), { cookies: `${ANON}=${planted}` });
    expect(result).toBeUndefined();
  });

  it("leaves the planted anonymous token worth nothing after the victim signs in", async () => {
    const engine = startEngine();
    const attacker = engine.newBrowser();
    await attacker.visit((session) => session.set("cart", ["bait"]));
    const victim = attacker.copy();
    await victim.visit((session) => session.signIn("victim", { level: "password" }));

    const seen = await attacker.visit((session) => [session.subject, session.get("cart")]);
    expect(seen.result).toEqual([undefined, undefined]);
    expect(readToken(victim.token ?? "")?.series).not.toEqual(
      readToken(attacker.jar.get(ANON) ?? "")?.series,
    );
  });

  it("carries nothing of the planted session into the new one unless it is named", async () => {
    const engine = startEngine();
    const attacker = engine.newBrowser();
    await attacker.visit((session) => {
      session.set("cart", ["bait"]);
      session.set("isAdmin", true);
      session.flash("notice", "bait");
    });
    const victim = attacker.copy();
    await victim.visit((session) =>
      session.signIn("victim", { level: "password", carry: ["cart"] }),
    );
    const { result } = await victim.visit((session) => [
      session.get("cart"),
      session.get("isAdmin"),
      session.takeFlash("notice"),
    ]);
    expect(result).toEqual([["bait"], undefined, []]);
  });

  it("signs the victim into a new session when the attacker planted their own signed-in one", async () => {
    const engine = startEngine();
    const attacker = await signedIn(engine, "mallory");
    const victim = attacker.copy();
    await victim.visit((session) => session.signIn("victim", { level: "password" }));
    const { result } = await attacker.visit((session) => session.subject);
    expect(result).toBeUndefined();
    expect((await victim.visit((session) => session.subject)).result).toBe("victim");
  });

  it("changes series, secret, handle and both deadlines with every sign-in of one account", async () => {
    const engine = startEngine();
    const browser = await signedIn(engine);
    const before = { token: browser.token as string, handle: "" };
    before.handle = (await browser.visit((session) => session.handle)).result as string;
    engine.clock.advance(10);
    await browser.visit((session) => session.signIn("alice", { level: "password" }));
    const after = (await browser.visit((session) => session.handle)).result;
    expect(after).not.toBe(before.handle);
    expect(readToken(browser.token ?? "")?.series).not.toEqual(readToken(before.token)?.series);
    const [line] = await engine.sessions.subject("alice").list();
    expect(line?.createdAt).toBe(engine.clock.now());
    const old = await engine.newBrowser().visit((session) => session.subject, {
      cookies: `${SID}=${before.token}`,
    });
    expect(old.result).toBeUndefined();
  });

  it("makes the old secret dead at once when the level rises", async () => {
    const engine = startEngine();
    const browser = await signedIn(engine);
    const copied = browser.copy();
    await browser.visit((session) => session.stepUp("passkey"));
    await expect(copied.visit((session) => session.level)).rejects.toMatchObject({
      reason: "superseded",
    });
    expect((await browser.visit((session) => session.level)).result).toBe("passkey");
  });

  for (const [name, start] of servers) {
    it(`sets a new cookie at sign-in and clears the anonymous one: ${name}`, async () => {
      const { sessions } = startEngine();
      await using server = await start(sessions, {
        "/cart": (session) => {
          session.set("cart", ["book"]);
          return "";
        },
        "/login": async (session) => {
          await session.signIn("alice", { level: "password" });
          return "";
        },
        "/me": (session) => String(session.subject),
      });
      const client = new Client(server);
      await client.ask("/cart", { method: "POST" });
      const planted = client.jar.get(ANON);
      const login = await client.ask("/login", { method: "POST" });
      expect(login.setCookies.map((line) => line.split("=", 1)[0])).toEqual([SID, ANON]);
      expect(client.jar.has(ANON)).toBe(false);
      expect((await client.ask("/me")).body).toBe("alice");
      const replayed = await client.ask("/me", { cookies: `${ANON}=${planted}` });
      expect(replayed.body).toBe("undefined");
      const renamed = await client.ask("/me", { cookies: `${SID}=${planted}` });
      expect(renamed.body).toBe("undefined");
    });
  }
});
