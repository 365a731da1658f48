/**
 * The visitor's cookie: who may set it, what it is worth, and for how long.
 * @module
 */
import { describe, expect, it } from "vitest";
import type { SessionPolicy } from "../src/options.ts";
import { engine, formOf, POST, sent, signInBy, VISITOR } from "./support/csrf.ts";
import { testKeyring } from "./support/engine.ts";

describe("the visitor's cookie", () => {
  it("is one for all forms of a response, and is not replaced while it is good", async () => {
    const { browser } = engine();
    const { result, head } = await browser.visit((session) => [
      session.csrfToken(),
      session.csrfToken(),
    ]);
    expect(head.setCookies).toHaveLength(1);
    expect(head.cacheControl).toBe("no-store");
    for (const token of result) expect(await sent(browser, token)).toBe("nobody");
    const again = await browser.visit((session) => session.csrfToken());
    expect(again.head.setCookies).toEqual([]);
    expect(again.head.cacheControl).toBe("private, no-cache");
    expect(again.head.varies).toBe(true);
  });

  it("moves to the current key with its id, so that open forms stay good", async () => {
    const { browser } = engine();
    const token = await formOf(browser);
    const world = engine({
      keyring: testKeyring([
        [0, "old"],
        [1, "current"],
      ]),
    });
    const moved = world.newBrowser();
    const value = browser.jar.get(VISITOR) as string;
    moved.jar.set(VISITOR, value);
    // A reader sets no cookie, and needs none.
    const reader = await world.sessions.read(moved.view());
    expect(await sent(moved, reader.csrfToken())).toBe("nobody");
    expect(moved.jar.get(VISITOR)).toBe(value);
    await formOf(moved);
    expect(moved.jar.get(VISITOR)).not.toBe(value);
    expect(await sent(moved, token)).toBe("nobody");
  });

  it("is read as the first release wrote it, and so is its token", async () => {
    const { browser } = engine();
    const cookie = "EKjDAnXVAzJETHWdqVNtHtdQ3Q6gn5daq3naprq3B_CH";
    const token =
      "R0HajhYuThc7R2_i8k39zvPCxmM8sN44vthNxpJ5OyGkoXMgf9-AkAuVHF_Q4EWFV0FFmqL3Sgwu1YfMhvCFuhLCxmM8sN44vthNxpJ5OyGtGYS8hlys0pLb_iETBqjJ";
    browser.jar.set(VISITOR, cookie);
    expect(await sent(browser, token)).toBe("nobody");
    expect(await formOf(browser)).not.toBe(token);
    expect(browser.jar.get(VISITOR)).toBe(cookie);
    const { browser: stranger } = engine();
    expect(await sent(stranger, token)).toBe("refused: csrf");
  });

  it("is replaced if it is not ours", async () => {
    const world = engine();
    const good = await formOf(world.browser);
    const genuine = world.browser.jar.get(VISITOR) as string;
    const forged = [
      "",
      "x",
      "A".repeat(44),
      `${genuine}=`,
      genuine.slice(0, -1) + (genuine.endsWith("A") ? "B" : "A"),
      world.browser.jar.get(VISITOR)?.replace(/^./, "_") ?? "",
    ];
    for (const value of forged) {
      const browser = world.newBrowser();
      browser.jar.set(VISITOR, value);
      expect(await sent(browser, good)).toBe("refused: csrf");
      const token = await formOf(browser);
      expect(browser.jar.get(VISITOR)).not.toBe(value);
      expect(await sent(browser, token)).toBe("nobody");
    }
  });

  it("counts for nobody where two good ones come", async () => {
    const world = engine();
    const planted = world.newBrowser();
    const token = await formOf(planted);
    await formOf(world.browser);
    const cookies = [planted, world.browser].map(({ cookies = "" }) => cookies).join("; ");
    const { result } = await world.browser.visit(
      (session) => {
        try {
          session.verifyCsrf(token);
          return "accepted";
        } catch {
          return "refused";
        }
      },
      { ...POST, cookies },
    );
    expect(result).toBe("refused");
  });

  it("is set only for our own pages and for a link to us", async () => {
    const cases: readonly (readonly [site: string, mode: string, dest: string, sets: boolean])[] = [
      ["same-origin", "cors", "empty", true],
      ["none", "navigate", "document", true],
      ["cross-site", "navigate", "document", true],
      ["same-site", "navigate", "document", true],
      ["cross-site", "navigate", "iframe", false],
      ["cross-site", "no-cors", "image", false],
      ["same-site", "cors", "empty", false],
    ];
    const trusted = "https://accounts.test";
    const { newBrowser } = engine({ forms: { trustedOrigins: [trusted] } });
    for (const [site, mode, dest, sets] of cases) {
      const headers = { "sec-fetch-site": site, "sec-fetch-mode": mode, "sec-fetch-dest": dest };
      const { head } = await newBrowser().visit((session) => session.csrfToken(), { headers });
      expect(head.setCookies, `${site} ${mode} ${dest}`).toHaveLength(sets ? 1 : 0);
    }
    const headers = { origin: trusted, "sec-fetch-site": "same-site", "sec-fetch-mode": "cors" };
    const { head } = await newBrowser().visit((session) => session.csrfToken(), { headers });
    expect(head.setCookies).toHaveLength(1);
  });

  it("is asked for in time", async () => {
    const world = engine();
    const exchange = await world.browser.open();
    await world.browser.finish(exchange);
    expect(() => exchange.session.csrfToken()).toThrow(
      expect.objectContaining({ code: "HOLDFAST_HEAD_SENT" }),
    );
    const reader = await world.sessions.read(world.browser.view());
    expect(() => reader.csrfToken()).toThrow(
      expect.objectContaining({ code: "HOLDFAST_NO_SESSION" }),
    );
    const token = await formOf(world.browser);
    const known = await world.sessions.read(world.browser.view());
    expect(await sent(world.browser, known.csrfToken())).toBe("nobody");
    expect(await sent(world.browser, token)).toBe("nobody");
  });

  const shared: readonly (readonly [title: string, policy: SessionPolicy])[] = [
    ["a domain's cookie", { unsafeDomain: "app.test" }],
    ["a cookie over plain http", { unsafePlainHttp: true }],
  ];
  for (const [title, policy] of shared) {
    it(`counts only before the sign-in where others can plant it: ${title}`, async () => {
      const { browser } = engine({ policy });
      const visitors = await formOf(browser);
      expect(await sent(browser, visitors)).toBe("nobody");
      await browser.visit((session) => session.set("cart", 1));
      const anonymous = await formOf(browser);
      expect(await sent(browser, anonymous)).toBe("nobody");
      await signInBy(browser, "alice");
      const first = await formOf(browser);
      expect(await sent(browser, visitors)).toBe("refused: csrf");
      expect(await sent(browser, anonymous)).toBe("refused: csrf");
      await signInBy(browser, "alice");
      expect(await sent(browser, first)).toBe("alice");
    });
  }

  it("has the attributes of the session's cookie", async () => {
    const { browser } = engine({ policy: { unsafeSameSiteNone: true } });
    const { head } = await browser.visit((session) => session.csrfToken());
    expect(head.setCookies[0]).toMatch(
      /^__Host-sid-csrf=[\w-]{44}; Path=\/; Secure; HttpOnly; SameSite=None; Partitioned$/,
    );
  });
});
