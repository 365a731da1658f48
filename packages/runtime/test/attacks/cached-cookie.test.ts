/**
 * Caches that keep a `Set-Cookie`, or show one user's page to another.
 * @see CWE-524, CWE-525; ASVS 5.0, 14.2.2; RFC 9111 3.1, 5.2.2
 */
import { describe, expect, it } from "vitest";
import { signedIn, startEngine } from "../support/engine.ts";
import { Client, servers } from "../support/http.ts";

/** What the handler said, and what goes out with a new cookie. */
const withCookie: readonly (readonly [given: string | undefined, sent: string])[] = [
  [undefined, "no-store"],
  ["max-age=60", "no-store"],
  ["no-cache", "no-store"],
  ["public, max-age=60", "no-store"],
  ["s-maxage=60", "no-store"],
  ["PUBLIC", "no-store"],
  ['public, max-age=60, private="x-user"', "no-store"],
  ["private", "private"],
  ["private, max-age=60", "private, max-age=60"],
  ["no-store", "no-store"],
  ["Private", "Private"],
];

/** What the handler said, and what goes out after it only read the session. */
const withoutCookie: readonly (readonly [given: string | undefined, sent: string | undefined])[] = [
  [undefined, "private, no-cache"],
  ["max-age=60", "max-age=60"],
  ["public, max-age=60", "public, max-age=60"],
  ["no-store", "no-store"],
];

const headers = (cacheControl: string | undefined): Record<string, string> =>
  cacheControl === undefined ? {} : { "Cache-Control": cacheControl };

for (const [name, start] of servers) {
  describe(`cached cookie, ${name}`, () => {
    it("lets no cache keep a response that sets the cookie", async () => {
      for (const [given, sent] of withCookie) {
        const { sessions, seen } = startEngine();
        await using server = await start(sessions, {
          "/cart": (session) => {
            session.set("cart", 1);
            return { headers: { ...headers(given), Vary: "Accept" }, body: "" };
          },
        });
        const reply = await new Client(server).ask("/cart", { method: "POST" });
        expect(reply.setCookies, String(given)).toHaveLength(1);
        expect(reply.headers["cache-control"], String(given)).toBe(sent);
        expect(reply.headers.vary).toBe("Accept, Cookie");
        const overridden = /public|s-maxage/i.test(given ?? "");
        expect(seen("cache.overridden")).toHaveLength(overridden ? 1 : 0);
      }
    });

    it("marks a page that looked at the session as one user's, and varying by cookie", async () => {
      for (const [given, sent] of withoutCookie) {
        const { sessions } = startEngine();
        await using server = await start(sessions, {
          "/me": (session) => ({ headers: headers(given), body: String(session.subject) }),
        });
        const reply = await new Client(server).ask("/me");
        expect(reply.headers["cache-control"], String(given)).toBe(sent);
        expect(reply.headers.vary).toBe("Cookie");
      }
    });

    it("leaves a page that never looked at the session as it is", async () => {
      const { sessions } = startEngine();
      await using server = await start(sessions, {
        "/logo": () => ({ headers: headers("public, max-age=60"), body: "" }),
        "/plain": () => ({ body: "" }),
      });
      const client = new Client(server);
      client.jar.set("__Host-sid", "x");
      const logo = await client.ask("/logo");
      expect(logo.headers["cache-control"]).toBe("public, max-age=60");
      expect(logo.headers.vary).toBeUndefined();
      expect((await client.ask("/plain")).headers["cache-control"]).toBeUndefined();
    });

    it("lets no shared cache keep its own answers", async () => {
      const { sessions } = startEngine();
      await using server = await start(sessions, {
        "/me": (session) => {
          session.requireLevel("passkey");
          return { headers: headers("public, max-age=60"), body: "" };
        },
      });
      const client = new Client(server);
      const refused = await client.ask("/me");
      expect(refused.status).toBe(401);
      expect(refused.headers["cache-control"]).toMatch(/^(no-store|private, no-cache)$/);
      const forged = await client.ask("/me", {
        method: "POST",
        headers: { "sec-fetch-site": "cross-site" },
      });
      expect([forged.status, forged.headers["cache-control"]]).toEqual([403, "no-store"]);
    });
  });
}

describe("cached cookie", () => {
  it("never rotates on a response that shared caches may keep", async () => {
    for (const cacheControl of ["public", "public, max-age=60", "max-age=0, s-maxage=1"]) {
      const engine = startEngine();
      const browser = await signedIn(engine);
      engine.clock.advance(901);
      const { head } = await browser.visit((session) => session.subject, {
        head: { cacheControl },
      });
      expect(head.setCookies).toEqual([]);
      expect(engine.store.counts.put).toBe(1); // The confirmation, before.
    }
  });

  it("hands no successor to a response that shared caches may keep", async () => {
    const engine = startEngine();
    const browser = await signedIn(engine);
    const tab = browser.copy();
    engine.clock.advance(901);
    await browser.visit((session) => session.subject);
    const { head } = await tab.visit((session) => session.subject, {
      head: { cacheControl: "public" },
    });
    expect(head.setCookies).toEqual([]);
  });
});
