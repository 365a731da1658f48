/**
 * The anti-forgery token under attack, by a browser that sends neither `Sec-Fetch-Site` nor `Origin`, so
 * that nothing but the token stands: made up, taken from elsewhere, planted, guessed from what pages have in common.
 * @see CWE-352; ASVS 5.0, 3.5.1; CVE-2013-3587 (BREACH)
 */
import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { csrf } from "../../src/csrf/csrf.ts";
import { FormClient, type FormServer, formServers } from "../support/csrf-servers.ts";
import { type EngineOptions, startEngine, testKeyring } from "../support/engine.ts";

const VISITOR = "__Host-sid-csrf";

function world(options: EngineOptions = {}) {
  return startEngine({ csrf: csrf(), ...options });
}

/** What an unsafe request with this token gets. */
async function tried(client: FormClient, token: string): Promise<number> {
  const form = new URLSearchParams({ csrf_token: token });
  return (await client.ask("/act", { form })).status;
}

async function victimOf(server: FormServer): Promise<FormClient> {
  const victim = new FormClient(server);
  await victim.signIn("alice");
  return victim;
}

for (const [name, start] of Object.entries(formServers)) {
  describe(`cross-site token, ${name}`, () => {
    it("is not found by trying, nor by bending one of the attacker's own", async () => {
      const { sessions } = world();
      await using server = await start(sessions);
      const victim = await victimOf(server);
      const attacker = new FormClient(server);
      await attacker.signIn("mallory");
      const own = Buffer.from(await attacker.openForm(), "base64url");
      for (let n = 0; n < 50; n++) {
        expect(await tried(victim, randomBytes(96).toString("base64url"))).toBe(403);
        const bent = Buffer.from(own);
        bent[n * 2 - (n % 2)] = randomBytes(1)[0] as number;
        expect(await tried(victim, bent.toString("base64url"))).toBe(403);
        // The same change on both sides of the mask leaves the token as it is: still the attacker's.
        const same = Buffer.from(own);
        for (const at of [n % 48, 48 + (n % 48)]) same[at] = (same[at] as number) ^ 0x5a;
        expect(await tried(victim, same.toString("base64url"))).toBe(403);
      }
      expect(server.effects).toEqual([]);
    });

    it("of a session that the attacker once had in this browser acts for nobody else", async () => {
      const { sessions } = world();
      await using server = await start(sessions);
      const browser = new FormClient(server);
      await browser.signIn("mallory");
      const mallorys = await browser.openForm();
      await browser.signIn("alice");
      expect(await tried(browser, mallorys)).toBe(403);
      expect(await tried(browser, await browser.openForm())).toBe(200);
      expect(server.effects).toEqual(["alice"]);
    });

    it("of another application, or of another key, is worth nothing here", async () => {
      const { sessions } = world();
      await using server = await start(sessions);
      const victim = await victimOf(server);
      const others: readonly EngineOptions[] = [
        { policy: { cookieName: "__Host-other" } },
        { keyring: testKeyring([[0, "current", "another key"]]) },
      ];
      for (const options of others) {
        await using other = await start(world(options).sessions);
        const client = new FormClient(other);
        expect(await tried(victim, await client.openForm())).toBe(403);
        // The visitor's cookie that goes with it is replaced, not adopted.
        const visitor = new FormClient(server);
        for (const value of client.jar.values()) visitor.jar.set(VISITOR, value);
        expect(await tried(visitor, await client.openForm())).toBe(403);
      }
      expect(server.effects).toEqual([]);
    });

    it("is no session's secret: cookies are no tokens, and tokens are no cookies", async () => {
      const { sessions, refusals } = world();
      await using server = await start(sessions);
      const victim = await victimOf(server);
      for (const value of victim.jar.values()) expect(await tried(victim, value)).toBe(403);
      const token = await victim.openForm();
      for (const cookie of ["__Host-sid", "__Host-sid-anon"]) {
        const thief = new FormClient(server);
        thief.jar.set(cookie, token);
        expect((await thief.ask("/who")).body).toBe("nobody");
      }
      expect(refusals()).toEqual(["forged"]);
    });

    it("does not let an attacker sign the victim in as himself, nor out", async () => {
      const { sessions } = world();
      await using server = await start(sessions);
      const attacker = new FormClient(server);
      const tokens = [await attacker.openForm()];
      await attacker.ask("/cart");
      tokens.push(await attacker.openForm());
      await attacker.signIn("mallory");
      tokens.push(await attacker.openForm());
      const visitor = new FormClient(server);
      await visitor.openForm();
      const victim = await victimOf(server);
      for (const csrf_token of tokens) {
        for (const client of [visitor, victim, new FormClient(server)]) {
          const form = new URLSearchParams({ csrf_token, name: "mallory" });
          for (const path of ["/sign-in", "/sign-out"]) {
            expect([401, 403]).toContain((await client.ask(path, { form })).status);
          }
        }
      }
      expect((await visitor.ask("/who")).body).toBe("nobody");
      expect((await victim.ask("/who")).body).toBe("alice");
    });

    it("repeats nothing from one page to the next that a compressed length could show", async () => {
      const { sessions } = world();
      await using server = await start(sessions);
      const victim = await victimOf(server);
      const seen = new Set<string>();
      for (let n = 0; n < 30; n++) {
        const token = await victim.openForm();
        const parts = Array.from({ length: token.length - 7 }, (_, at) => token.slice(at, at + 8));
        expect(parts.filter((part) => seen.has(part))).toEqual([]);
        for (const part of parts) seen.add(part);
      }
    });
  });
}
