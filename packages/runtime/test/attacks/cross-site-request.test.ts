/**
 * Cross-site requests: SameSite, then Fetch Metadata, then `Origin`, over real HTTP.
 * @see CWE-352; W3C Fetch Metadata 2.3; ASVS 5.0, 3.5.1, 3.5.3
 */
import { describe, expect, it } from "vitest";
import { isForged, mayMint, siteOf } from "../../src/engine/cross-site.ts";
import { startEngine } from "../support/engine.ts";
import { Client, servers } from "../support/http.ts";

const HOST = "shop.test";
const OWN = `http://${HOST}`;

/** Every combination that a browser, or nothing of the kind, sends: what an unsafe request gets. */
const matrix: readonly {
  readonly site?: string;
  readonly origin?: string;
  readonly expected: 200 | 403;
  readonly why: string;
}[] = [
  { site: "same-origin", origin: OWN, expected: 200, why: "our own page" },
  { site: "same-origin", origin: "null", expected: 200, why: "our own form under no-referrer" },
  { site: "none", expected: 200, why: "the user's own doing" },
  { site: "same-site", origin: "https://other.shop.test", expected: 403, why: "a sibling" },
  { site: "cross-site", origin: "https://evil.test", expected: 403, why: "another site" },
  { site: "cross-site", origin: "null", expected: 403, why: "a sandboxed frame" },
  { site: "cross-site", origin: OWN, expected: 403, why: "Fetch Metadata outweighs Origin" },
  { site: "cross-site", expected: 403, why: "another site, without Origin" },
  { site: "same-origin, cross-site", origin: OWN, expected: 403, why: "two values in one header" },
  { site: "SAME-ORIGIN", origin: OWN, expected: 403, why: "a value that no browser sends" },
  { site: "", origin: OWN, expected: 403, why: "an empty value" },
  { origin: OWN, expected: 200, why: "an older browser, our own page" },
  { origin: "https://evil.test", expected: 403, why: "an older browser, another site" },
  { origin: "null", expected: 403, why: "an older browser, a sandboxed frame" },
  { origin: `http://${HOST}.evil.test`, expected: 403, why: "a host that begins like ours" },
  { origin: `http://evil.test/${HOST}`, expected: 403, why: "a path that ends like our host" },
  { origin: `http://${HOST}@evil.test`, expected: 403, why: "our host as a user name" },
  { origin: "", expected: 403, why: "an empty Origin" },
  { origin: `http://${HOST}:8080`, expected: 403, why: "another port" },
  { expected: 200, why: "no browser: served by the default policy" },
];

const unsafe = ["POST", "PUT", "PATCH", "DELETE", "PROPFIND"] as const;

for (const [name, start] of servers) {
  describe(`cross-site request, ${name}`, () => {
    it("answers each row of the matrix as it should, without a look at the store", async () => {
      const { sessions, store, seen } = startEngine();
      let effects = 0;
      await using server = await start(sessions, {
        "/pay": (session) => {
          if (session.subject === "alice") effects++;
          return "paid";
        },
        "/login": async (session) => {
          await session.signIn("alice", { level: "password" });
          return "";
        },
      });
      const client = new Client(server);
      await client.ask("/login", { method: "POST", headers: { host: HOST } });
      await client.ask("/pay", { headers: { host: HOST } });
      effects = 0;
      for (const { site, origin, expected, why } of matrix) {
        for (const method of unsafe) {
          const before = effects;
          store.reset();
          const { status, body, setCookies } = await client.ask("/pay", {
            method,
            headers: {
              host: HOST,
              ...(site !== undefined && { "sec-fetch-site": site }),
              ...(origin !== undefined && { origin }),
            },
          });
          expect(status, `${method}: ${why}`).toBe(expected);
          expect(effects - before, `${method}: ${why}`).toBe(expected === 200 ? 1 : 0);
          if (expected === 200) continue;
          expect(store.total).toBe(0);
          expect(setCookies).toEqual([]);
          expect(body).not.toContain("paid");
        }
      }
      expect(seen("cross-site.refused").length).toBe(
        unsafe.length * matrix.filter(({ expected }) => expected === 403).length,
      );
    });

    it("refuses what says nothing of its origin where the policy wants that", async () => {
      const { sessions } = startEngine({ policy: { withoutOrigin: "refuse" } });
      await using server = await start(sessions, { "/pay": () => "paid" });
      const client = new Client(server);
      expect((await client.ask("/pay", { method: "POST" })).status).toBe(403);
      const own = { method: "POST", headers: { "sec-fetch-site": "same-origin" } };
      expect((await client.ask("/pay", own)).status).toBe(200);
      expect((await client.ask("/pay")).status).toBe(200);
    });

    it("takes no override of the method for the method", async () => {
      const { sessions } = startEngine();
      await using server = await start(sessions, { "/pay": () => "paid" });
      const { status } = await new Client(server).ask("/pay?_method=GET", {
        method: "POST",
        headers: { "x-http-method-override": "GET", origin: "https://evil.test" },
      });
      expect(status).toBe(403);
    });

    it("lets a route that was declared for it be called by another site, and sign in", async () => {
      const { sessions } = startEngine();
      const pages = {
        "/callback": async (session: import("../support/http.ts").TestSession) => {
          await session.signIn("alice", { level: "password" });
          return "in";
        },
      };
      await using server = await start(sessions, pages, { crossSite: true });
      const { status, setCookies } = await new Client(server).ask("/callback", {
        method: "POST",
        headers: { "sec-fetch-site": "cross-site", origin: "https://id.test" },
      });
      expect(status).toBe(200);
      expect(setCookies).toHaveLength(1);
    });

    it("begins no session for a picture, frame or fetch of another site, but for a link to us", async () => {
      const { sessions, store } = startEngine();
      await using server = await start(sessions, {
        "/visit": (session) => {
          session.set("seen", 1);
          return "";
        },
      });
      const cases: readonly [mode: string, dest: string, expected: number][] = [
        ["no-cors", "image", 0],
        ["cors", "empty", 0],
        ["navigate", "iframe", 0],
        ["navigate", "object", 0],
        ["navigate", "document", 1],
      ];
      for (const site of ["cross-site", "same-site"]) {
        for (const [mode, dest, expected] of cases) {
          store.reset();
          const { setCookies } = await new Client(server).ask("/visit", {
            headers: {
              "sec-fetch-site": site,
              "sec-fetch-mode": mode,
              "sec-fetch-dest": dest,
            },
          });
          expect(setCookies, `${site} ${mode} ${dest}`).toHaveLength(expected);
          expect(store.counts.create).toBe(expected);
        }
      }
    });
  });
}

describe("cross-site request, judged", () => {
  const request = (
    headers: Record<string, string>,
    scheme?: "http" | "https",
    method = "POST",
  ) => ({
    method,
    cookies: undefined,
    address: undefined,
    scheme,
    header: (name: string) => headers[name],
  });

  it("compares the scheme where it is known, and the default port with none", () => {
    const http = { host: HOST, origin: `http://${HOST}` };
    const https = { host: HOST, origin: `https://${HOST}` };
    expect(siteOf(request(http, "https"))).toBe("cross-site");
    expect(siteOf(request(https, "https"))).toBe("same-origin");
    expect(siteOf(request(http, undefined))).toBe("same-origin");
    expect(siteOf(request({ host: `${HOST}:443`, origin: `https://${HOST}` }, "https"))).toBe(
      "same-origin",
    );
    expect(siteOf(request({ host: `${HOST}:443`, origin: `https://${HOST}:444` }))).toBe(
      "cross-site",
    );
    expect(siteOf(request({ host: HOST.toUpperCase(), origin: `https://${HOST}` }))).toBe(
      "same-origin",
    );
    expect(siteOf(request({ origin: `https://${HOST}` }))).toBe("cross-site");
  });

  it("refuses no safe method and nothing that was declared", () => {
    const evil = { "sec-fetch-site": "cross-site" };
    for (const method of ["GET", "HEAD", "OPTIONS", "TRACE"]) {
      expect(isForged(request(evil, undefined, method), "refuse")).toBe(false);
    }
    expect(isForged(request(evil), "serve")).toBe(true);
    expect(isForged({ ...request(evil), crossSite: true }, "refuse")).toBe(false);
  });

  it("mints on an unsafe request without Fetch Metadata only if its Origin is ours or absent", () => {
    expect(mayMint(request({ host: HOST, origin: `https://${HOST}` }))).toBe(true);
    expect(mayMint(request({ host: HOST }))).toBe(true);
    expect(mayMint(request({ host: HOST, origin: "https://evil.test" }))).toBe(false);
    expect(mayMint(request({ host: HOST, origin: "https://evil.test" }, undefined, "GET"))).toBe(
      true,
    );
  });
});
