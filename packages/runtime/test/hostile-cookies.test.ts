/**
 * Hostile cookies by the thousand: no exception, no adoption, and not one store operation.
 * @see CWE-20, CWE-287, CWE-113
 */
import { describe, expect, it } from "vitest";
import { signedIn, startEngine } from "./support/engine.ts";
import { hostileCookies } from "./support/hostile-cookies.ts";
import { Client, servers } from "./support/http.ts";

const SEED = 20_261_123;
const NAME = "__Host-sid";
/** `npm run prove` sets the full sizes. */
const AT_ENGINE = Number(process.env.HOLDFAST_TEST_COOKIES ?? 20_000);
const OVER_HTTP = Number(process.env.HOLDFAST_TEST_HTTP_COOKIES ?? 500);
const PATIENCE = { timeout: 5000 + AT_ENGINE / 5 + OVER_HTTP * 10 };

describe("hostile cookies", () => {
  it("are the same for the same seed, and of every kind", () => {
    const source = { name: NAME, token: Buffer.alloc(69, 0x11).toString("base64url") };
    const take = (seed: number) => {
      const stream = hostileCookies(seed, source);
      return Array.from({ length: 500 }, () => stream.next().value);
    };
    const kinds = (seed: number) => take(seed).map(({ kind }) => kind);
    expect(kinds(1)).toEqual(kinds(1));
    expect(kinds(1)).not.toEqual(kinds(2));
    expect(new Set(kinds(1)).size).toBeGreaterThan(20);
  });

  it("are refused by the engine, without a look at the store", PATIENCE, async () => {
    const engine = startEngine();
    const victim = await signedIn(engine);
    const token = victim.token as string;
    engine.store.reset();
    const stream = hostileCookies(SEED, { name: NAME, token });
    const { browser } = engine;
    for (let n = 0; n < AT_ENGINE; n++) {
      const { kind, header } = stream.next().value;
      const exchange = await browser.open({ cookies: header });
      const { session } = exchange;
      const seen = [session.subject, session.handle, session.get("cart")];
      if (seen.some((value) => value !== undefined)) throw new Error(`${n}, ${kind}: served`);
      const head = await exchange.settle({
        cacheControl: undefined,
        contentType: undefined,
        failed: false,
      });
      if (head.setCookies.length > 0) throw new Error(`${n}, ${kind}: a cookie was set`);
      if (engine.store.total > 0) throw new Error(`${n}, ${kind}: the store was asked`);
    }
    expect(new Set(engine.refusals())).toEqual(new Set(["forged", "key-missing"]));
    expect(engine.events.length).toBeLessThan(10);
    expect((await victim.visit((session) => session.subject)).result).toBe("alice");
  });

  it("never become a session: a write begins a new one, under a token of ours", async () => {
    const engine = startEngine();
    const victim = await signedIn(engine);
    const token = victim.token as string;
    const stream = hostileCookies(SEED + 1, { name: `${NAME}-anon`, token });
    for (let n = 0; n < 1000; n++) {
      const { header, kind } = stream.next().value;
      const visitor = engine.newBrowser();
      const { head } = await visitor.visit((session) => session.set("cart", n), {
        cookies: header,
      });
      expect(head.failure, kind).toBeUndefined();
      for (const line of head.setCookies) {
        expect(line, kind).toMatch(
          /^__Host-sid-anon=[A-Za-z0-9_-]{92}; Path=\/; Secure; HttpOnly; SameSite=Lax$/,
        );
        expect(header).not.toContain(visitor.jar.get(`${NAME}-anon`));
      }
    }
  });

  for (const [name, start] of servers) {
    it(`are answered like no cookie at all, over HTTP: ${name}`, PATIENCE, async () => {
      const engine = startEngine();
      await using server = await start(engine.sessions, {
        "/login": async (session) => {
          await session.signIn("alice", { level: "password" });
          return "";
        },
        "/me": (session) => String(session.subject),
      });
      const client = new Client(server);
      await client.ask("/login", { method: "POST" });
      const token = client.jar.get(NAME) as string;
      engine.store.reset();
      const stream = hostileCookies(SEED + 2, { name: NAME, token });
      for (let sent = 0; sent < OVER_HTTP; ) {
        const { header, kind, isSendable } = stream.next().value;
        if (!isSendable) continue;
        sent++;
        const { status, body, setCookies } = await client.ask("/me", { cookies: header });
        expect([status, body], kind).toEqual([200, "undefined"]);
        expect(setCookies, kind).toEqual([]);
      }
      expect(engine.store.total).toBe(0);
      expect(server.errors).toEqual([]);
      expect((await client.ask("/me")).body).toBe("alice");
    });
  }
});
