/**
 * Theft and planting on the wire: the attributes of every cookie that is ever set, for every policy.
 * @see RFC 6265bis 4.1.2, 4.1.3; CWE-614; ASVS 5.0, 3.3.1 to 3.3.4
 */
import { describe, expect, it } from "vitest";
import type { SessionPolicy } from "../../src/options.ts";
import { startEngine } from "../support/engine.ts";
import { Client, servers } from "../support/http.ts";

/** Attributes of a `Set-Cookie` value, without the name and value, in order. */
function attributesOf(line: string): readonly string[] {
  return line.split("; ").slice(1);
}

async function linesOf(policy: SessionPolicy): Promise<readonly string[]> {
  const { browser, clock } = startEngine({ policy });
  const lines: string[] = [];
  const visit = async (run: Parameters<typeof browser.visit>[0]) => {
    lines.push(...(await browser.visit(run)).head.setCookies);
  };
  await visit((session) => session.set("cart", 1));
  await visit((session) => session.signIn("alice", { level: "password" }));
  await visit((session) => session.subject);
  clock.advance(901);
  await visit((session) => session.subject);
  await visit((session) => session.subject);
  await visit((session) => session.stepUp("passkey"));
  await visit((session) => session.signOut());
  return lines;
}

const plain = ["Path=/", "Secure", "HttpOnly", "SameSite=Lax"];

const variants: readonly {
  readonly title: string;
  readonly policy: SessionPolicy;
  readonly names: readonly [string, string];
  readonly attributes: readonly string[];
}[] = [
  {
    title: "the default",
    policy: {},
    names: ["__Host-sid", "__Host-sid-anon"],
    attributes: plain,
  },
  {
    title: "Strict",
    policy: { sameSite: "Strict" },
    names: ["__Host-sid", "__Host-sid-anon"],
    attributes: ["Path=/", "Secure", "HttpOnly", "SameSite=Strict"],
  },
  {
    title: "a name of its own",
    policy: { cookieName: "__Host-shop" },
    names: ["__Host-shop", "__Host-shop-anon"],
    attributes: plain,
  },
  {
    title: "unsafeDomain",
    policy: { unsafeDomain: "example.com" },
    names: ["__Secure-sid", "__Secure-sid-anon"],
    attributes: ["Path=/", "Domain=example.com", "Secure", "HttpOnly", "SameSite=Lax"],
  },
  {
    title: "unsafePlainHttp",
    policy: { unsafePlainHttp: true },
    names: ["sid", "sid-anon"],
    attributes: ["Path=/", "HttpOnly", "SameSite=Lax"],
  },
  {
    title: "unsafeSameSiteNone",
    policy: { unsafeSameSiteNone: true },
    names: ["__Host-sid", "__Host-sid-anon"],
    attributes: ["Path=/", "Secure", "HttpOnly", "SameSite=None", "Partitioned"],
  },
];

describe("wire", () => {
  for (const { title, policy, names, attributes } of variants) {
    it(`gives every cookie exactly the attributes of the policy: ${title}`, async () => {
      // A browser keeps what it is sent, so the engine's test browser does for every name.
      const lines = await linesOf(policy);
      expect(lines.length).toBeGreaterThanOrEqual(6);
      for (const line of lines) {
        expect(names).toContain(line.slice(0, line.indexOf("=")));
        const given = attributesOf(line);
        const isEnding = given.includes("Max-Age=0");
        expect(given.filter((one) => one !== "Max-Age=0")).toEqual(attributes);
        expect(isEnding ? line.split(/[=;]/, 2)[1] : "ending").toBe(isEnding ? "" : "ending");
      }
    });
  }

  it("keeps a persistent cookie for the rest of the absolute lifetime, never longer", async () => {
    const { browser, clock } = startEngine({
      policy: { persistentCookie: true, absoluteTimeoutSeconds: 3600 },
    });
    const first = await browser.visit((session) => session.signIn("alice", { level: "password" }));
    expect(first.head.setCookies[0]).toMatch(/; Max-Age=3600$/);
    await browser.visit((session) => session.subject);
    clock.advance(1000.5);
    const second = await browser.visit((session) => session.rotate());
    expect(second.head.setCookies[0]).toMatch(/; Max-Age=2599$/);
  });

  it("reports every choice that gives up a protection, once, at start-up", () => {
    const { seen } = startEngine({
      policy: { unsafeDomain: "example.com", unsafeSameSiteNone: true },
    });
    expect(seen("option.unsafe").map(({ option }) => option)).toEqual([
      "policy.unsafeDomain",
      "policy.unsafeSameSiteNone",
    ]);
    const lan = startEngine({ policy: { unsafePlainHttp: true } });
    expect(lan.seen("option.unsafe").map(({ option }) => option)).toEqual([
      "policy.unsafePlainHttp",
    ]);
    expect(startEngine().seen("option.unsafe")).toEqual([]);
  });

  it("says so when a session needs a cookie that plain http cannot carry", async () => {
    const { sessions, seen } = startEngine();
    const view = {
      method: "POST",
      cookies: undefined,
      address: "192.0.2.9",
      scheme: "http" as const,
      header: (name: string) => (name === "host" ? "shop.test" : undefined),
    };
    const exchange = await sessions.open(view);
    exchange.session.set("cart", 1);
    await exchange.settle({ cacheControl: undefined, contentType: undefined, failed: false });
    expect(seen("cookie.undeliverable")).toMatchObject([{ host: "shop.test" }]);
  });

  for (const [name, start] of servers) {
    it(`puts the attributes on the wire as they are: ${name}`, async () => {
      const { sessions } = startEngine();
      await using server = await start(sessions, {
        "/login": async (session) => {
          await session.signIn("alice", { level: "password" });
          return { headers: { "Set-Cookie": "theme=dark; Path=/" }, body: "in" };
        },
      });
      const reply = await new Client(server).ask("/login", { method: "POST" });
      expect(reply.setCookies).toHaveLength(2);
      expect(reply.setCookies).toContain("theme=dark; Path=/");
      expect(reply.setCookies.join("\n")).toMatch(
        /^__Host-sid=[A-Za-z0-9_-]{92}; Path=\/; Secure; HttpOnly; SameSite=Lax$/m,
      );
    });
  }
});
