/**
 * Password guessing: over HTTP at one account, from many addresses, at many accounts, all at once, and by
 * who wants an owner locked out.
 * @see CWE-307, CWE-204; ASVS 5.0, 6.1.1, 6.3.1, 6.3.8; NIST SP 800-63B-4 3.2.2
 */
import { randomBytes } from "node:crypto";
import { RateLimiterMemory } from "rate-limiter-flexible";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { signInThrottle, type ThrottleOptions } from "../../src/throttle/index.ts";
import { startEngine, testKeyring } from "../support/engine.ts";
import { Client, type Reply, type StartServer, servers, type TestServer } from "../support/http.ts";
import { FAILURE_SECONDS, fakeTime, passwords, startGuessing } from "../support/throttle.ts";

const DEVICE = "__Host-sid-device";
const own = (account: string) => passwords.get(account) as string;

interface Site extends TestServer {
  /** Accounts whose password was looked at, in order. */
  readonly checked: string[];
}

/** A site whose sign-in takes the name and the password from headers, since the test client sends no body. */
async function startSite(
  start: StartServer,
  options: Partial<ThrottleOptions> = {},
  keyring = testKeyring(),
): Promise<Site> {
  const { sessions } = startEngine({ now: Date.now, keyring });
  const checked: string[] = [];
  const throttle = signInThrottle({
    limiter: (each) => new RateLimiterMemory(each),
    policy: { failureSeconds: FAILURE_SECONDS },
    ...options,
  });
  const server = await start(sessions, {
    "/form": () => "a form",
    ...Object.fromEntries(
      ["alice", "bob", "carol", "nobody"].map((account) => [
        `/sign-in/${account}`,
        (session) => signIn(session, account, "a guess"),
      ]),
    ),
    ...Object.fromEntries(
      ["alice", "bob"].map((account) => [
        `/sign-in/${account}/right`,
        (session) => signIn(session, account, own(account)),
      ]),
    ),
  } satisfies Parameters<StartServer>[1]);

  async function signIn(
    session: Parameters<Parameters<StartServer>[1][string]>[0],
    account: string,
    password: string,
  ) {
    const isRight = await throttle.attempt(session, { account }, () => {
      checked.push(account);
      return passwords.get(account) === password;
    });
    if (!isRight) return { status: 422, body: "The name or the password is not right." };
    await session.signIn(account, { level: "password" });
    return "welcome";
  }
  return Object.assign(server, { checked });
}

const post = (site: Site, path: string, headers: Readonly<Record<string, string>> = {}) =>
  new Client(site).ask(path, { method: "POST", headers });

/** Spends what one address may spend on an account. */
const spend = (site: Site, account: string): Promise<readonly Reply[]> =>
  Promise.all(Array.from({ length: 5 }, () => post(site, `/sign-in/${account}`)));

/** Everything that an attacker can see of an answer but the moment it came. */
const visible = ({ status, headers, body }: Reply) => {
  const { date: _, ...others } = headers;
  return { status, headers: others, body };
};

for (const [adapter, start] of servers) {
  describe(`password guessing, ${adapter} adapter`, () => {
    it("is told to wait from the sixth guess on: a problem for programs, a page for people", async () => {
      await using site = await startSite(start);
      const wrong = await spend(site, "alice");
      if (adapter === "web") {
        // It has no address to count by unless it is told one; the account's own budget is larger.
        await Promise.all(Array.from({ length: 15 }, () => post(site, "/sign-in/alice")));
      }
      expect(wrong.map(({ status }) => status)).toEqual([422, 422, 422, 422, 422]);
      const { length } = site.checked;

      const program = await post(site, "/sign-in/alice", { "sec-fetch-mode": "cors" });
      expect(program.status).toBe(429);
      expect(program.headers["content-type"]).toBe("application/problem+json");
      expect(JSON.parse(program.body)).toMatchObject({ status: 429 });
      const page = await post(site, "/sign-in/alice", { accept: "text/html" });
      expect(page.status).toBe(429);
      expect(page.headers["content-type"]).toContain("text/html");
      for (const { headers, setCookies } of [program, page]) {
        const longest = adapter === "web" ? 3600 : 900;
        expect(Number(headers["retry-after"])).toBeGreaterThan(longest - 30);
        expect(Number(headers["retry-after"])).toBeLessThanOrEqual(longest);
        expect(headers["cache-control"]).toBe("no-store");
        expect(setCookies).toEqual([]);
      }
      expect(site.checked).toHaveLength(length);
    });

    it("learns nothing from a correct password while it has to wait", async () => {
      await using site = await startSite(start);
      await Promise.all(Array.from({ length: 20 }, () => post(site, "/sign-in/alice")));
      const { length } = site.checked;
      const [wrong, right] = await Promise.all([
        post(site, "/sign-in/alice"),
        post(site, "/sign-in/alice/right"),
      ]);
      const seconds = [wrong, right].map(({ headers }) => Number(headers["retry-after"]));
      for (const { headers } of [wrong, right]) headers["retry-after"] = "";
      expect(visible(right)).toEqual(visible(wrong));
      expect(right.status).toBe(429);
      expect(Math.abs((seconds[0] as number) - (seconds[1] as number))).toBeLessThan(5);
      expect(site.checked).toHaveLength(length);
    });

    it("cannot tell an account that exists from one that does not", async () => {
      await using site = await startSite(start);
      for (const [known, unknown] of [
        await Promise.all([spend(site, "carol"), spend(site, "nobody")]),
        await Promise.all([spend(site, "carol"), spend(site, "nobody")]),
      ]) {
        expect(unknown.map(({ status }) => status)).toEqual(known.map(({ status }) => status));
        expect(unknown.map(({ body }) => body)).toEqual(known.map(({ body }) => body));
        expect(visible(unknown[0] as Reply).headers).toEqual(visible(known[0] as Reply).headers);
      }
    });

    it("passes the budget by no way of asking at once", async () => {
      await using site = await startSite(start);
      const replies = await Promise.all(
        Array.from({ length: 100 }, () => post(site, "/sign-in/alice")),
      );
      const budget = adapter === "web" ? 20 : 5;
      expect(site.checked).toHaveLength(budget);
      const statuses = replies.map(({ status }) => status);
      expect(statuses.filter((status) => status === 422)).toHaveLength(budget);
      expect(statuses.filter((status) => status === 429)).toHaveLength(100 - budget);
    });

    it("locks no owner out of a browser that they have signed in with", async () => {
      await using site = await startSite(start);
      const owner = new Client(site);
      expect((await owner.ask("/sign-in/alice/right", { method: "POST" })).body).toBe("welcome");
      owner.jar.delete("__Host-sid");
      await Promise.all(Array.from({ length: 100 }, () => post(site, "/sign-in/alice")));
      expect((await post(site, "/sign-in/alice/right")).status).toBe(429);
      for (let n = 0; n < 12; n++) {
        const reply = await owner.ask("/sign-in/alice/right", { method: "POST" });
        expect(reply.body).toBe("welcome");
        expect(reply.setCookies.some((line) => line.startsWith(`${DEVICE}=`))).toBe(true);
        owner.jar.delete("__Host-sid");
      }
    });

    it("gains nothing by a device cookie that is made up, another account's or another site's", async () => {
      await using site = await startSite(start);
      const others = testKeyring([[0, "current", "another site's"]]);
      await using elsewhere = await startSite(start, {}, others);
      const cookieFrom = async (from: Site, account: string) => {
        const client = new Client(from);
        await client.ask(`/sign-in/${account}/right`, { method: "POST" });
        return client.jar.get(DEVICE) as string;
      };
      const madeUp = randomBytes(33);
      madeUp[0] = 0x10;
      const bobs = await cookieFrom(site, "bob");
      const forged = [
        madeUp.toString("base64url"),
        bobs,
        await cookieFrom(elsewhere, "alice"),
        `${bobs}.${madeUp.toString("base64url")}`,
        "",
        ".".repeat(2000),
        "%00%ff",
      ];
      await Promise.all(Array.from({ length: 20 }, () => post(site, "/sign-in/alice")));
      const { length } = site.checked;
      for (const value of forged) {
        const cookie = `${DEVICE}=${value}`;
        expect((await post(site, "/sign-in/alice/right", { cookie })).status).toBe(429);
      }
      expect(site.checked).toHaveLength(length);
    });
  });
}

describe("password guessing, from many addresses", () => {
  beforeEach(fakeTime);
  afterEach(() => {
    vi.useRealTimers();
  });

  it("counts all of an IPv6 network as one, and a mapped IPv4 address as itself", async () => {
    const { guess, checked } = startGuessing();
    for (let n = 0; n < 200; n++) {
      const address = `2001:db8:7:7:${randomBytes(2).toString("hex")}::${n.toString(16)}`;
      await guess("alice", "x", { address });
    }
    expect(checked).toHaveLength(5);
    for (let n = 0; n < 6; n++) {
      await guess("bob", "x", { address: n % 2 === 0 ? "203.0.113.9" : "::ffff:203.0.113.9" });
    }
    expect(checked).toHaveLength(10);
  });

  it("believes no address that the request itself names", async () => {
    const [, start] = servers.find(([name]) => name === "node") as (typeof servers)[number];
    vi.useRealTimers();
    await using site = await startSite(start);
    const forged = Array.from({ length: 50 }, (_, n) =>
      post(site, "/sign-in/alice", {
        "x-forwarded-for": `192.0.2.${n}`,
        "x-real-ip": `192.0.2.${n}`,
        forwarded: `for=192.0.2.${n}`,
      }),
    );
    await Promise.all(forged);
    expect(site.checked).toHaveLength(5);
  });

  it("stops at the account's budget, however many addresses take part", async () => {
    const { guess, checked } = startGuessing();
    for (let n = 0; n < 500; n++) {
      await guess("alice", "x", { address: `198.51.${n >> 8}.${n & 0xff}` });
    }
    expect(checked).toHaveLength(20);
  });

  it("gets no new budget by signing in to an account of its own in between", async () => {
    const { guess, checked } = startGuessing();
    for (let n = 0; n < 100; n++) {
      await guess("alice", "x");
      await guess("bob", own("bob"));
    }
    expect(checked.filter((account) => account === "alice")).toHaveLength(5);
  });

  it("is seen as a flood where every account and every address stays within its budget", async () => {
    const { guess, engine, throttle, checked } = startGuessing();
    for (let n = 0; n < 600; n++) {
      const address = `198.51.${n >> 8}.${n & 0xff}`;
      expect(await guess(`user-${n}@example.com`, "Winter2030!", { address })).toBe("wrong");
    }
    expect(checked).toHaveLength(600);
    expect(engine.seen("sign-in.flood")).toMatchObject([{ failures: 500, windowSeconds: 600 }]);
    expect(throttle.underAttack).toBe(true);
    expect(engine.seen("sign-in.throttled")).toEqual([]);
  });
});
