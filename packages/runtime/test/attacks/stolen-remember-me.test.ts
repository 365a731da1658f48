/**
 * A stolen remember-me cookie, over HTTP: used before its owner, after its owner, for what a remembered session
 * must not do, and in the place of another cookie.
 * @see CWE-294, CWE-539, CWE-613; ASVS 5.0, 7.1.3, 7.2.4 and 7.4.1; NIST SP 800-63B-4 5.1.1
 */
import { describe, expect, it } from "vitest";
import { readToken } from "../../src/crypto/token.ts";
import { type DeviceNotice, NOTICE } from "../../src/remember-me/remember-me.ts";
import type { Engine } from "../support/engine.ts";
import { Client, type Pages, servers, type TestServer } from "../support/http.ts";
import { DEVICE, type RememberOptions, SID, startRemembering } from "../support/remember.ts";

const pages: Pages = {
  "/sign-in": async (session) => {
    await session.signIn("alice", { level: "password", remember: true });
    return "in";
  },
  "/me": (session) => `${session.subject ?? "nobody"} ${session.level ?? ""}`.trim(),
  "/notices": (session) => session.takeFlash<DeviceNotice>(NOTICE).join(),
  "/password": (session) => {
    session.requireLevel("password");
    return "changed";
  },
  "/sign-out": async (session) => {
    await session.signOut();
    return "out";
  },
};

const COME_BACK = "alice remembered";

/** An owner who is remembered, whose browser was closed, and a thief with a copy of what was left in it. */
async function stolen(server: TestServer): Promise<{ owner: Client; thief: Client }> {
  const owner = new Client(server);
  await owner.ask("/sign-in", { method: "POST" });
  await owner.ask("/me");
  owner.jar.delete(SID);
  const thief = new Client(server);
  thief.jar.set(DEVICE, owner.jar.get(DEVICE) ?? "");
  return { owner, thief };
}

const me = async (client: Client): Promise<string> => (await client.ask("/me")).body;

const alarms = ({ seen }: Engine) =>
  seen("device.theft-detected").map(({ subject, count }) => ({ subject, count }));

for (const [name, start] of servers) {
  describe(`a stolen remember-me cookie, ${name}`, () => {
    const open = async (options: RememberOptions = {}) => {
      const engine = startRemembering(options);
      return { engine, server: await start(engine.sessions, pages) };
    };

    it("is found out when its owner comes after the thief, who is out from then on", async () => {
      const { engine, server: opened } = await open();
      await using server = opened;
      const { owner, thief } = await stolen(server);
      expect(await me(thief)).toBe(COME_BACK);
      expect(await me(thief)).toBe(COME_BACK);
      engine.clock.advance(3600);
      expect(await me(owner)).toBe("nobody");
      expect(alarms(engine)).toEqual([{ subject: "alice", count: 2 }]);
      expect(await me(thief)).toBe("nobody");
      expect((await owner.ask("/notices")).body).toBe("theft");
    });

    it("is found out when the thief comes after its owner, who is told", async () => {
      const { engine, server: opened } = await open();
      await using server = opened;
      const { owner, thief } = await stolen(server);
      expect(await me(owner)).toBe(COME_BACK);
      expect(await me(owner)).toBe(COME_BACK);
      engine.clock.advance(61);
      expect((await thief.ask("/me", { method: "POST" })).body).toBe("nobody");
      expect(alarms(engine)).toEqual([{ subject: "alice", count: 2 }]);
      expect(await me(owner)).toBe("nobody");
      expect((await owner.ask("/notices")).body).toBe("theft");
    });

    it("ends the account's other sessions with it where the option says so, and still tells its owner", async () => {
      const { engine, server: opened } = await open({ remember: { onTheft: "account" } });
      await using server = opened;
      const { owner, thief } = await stolen(server);
      const { owner: phone } = await stolen(server);
      expect(await me(phone)).toBe(COME_BACK);
      expect(await me(owner)).toBe(COME_BACK);
      expect(await me(owner)).toBe(COME_BACK);
      engine.clock.advance(61);
      expect(await me(thief)).toBe("nobody");
      expect(await me(phone)).toBe("nobody");
      expect(alarms(engine)).toHaveLength(1);
      expect((await owner.ask("/notices")).body).toBe("theft");
    });

    it("does what a remembered session may, and nothing that asks for a password", async () => {
      const { server: opened } = await open();
      await using server = opened;
      const { thief } = await stolen(server);
      expect((await thief.ask("/password")).status).toBe(403);
      expect(await me(thief)).toBe(COME_BACK);
    });

    it("is worth nothing once its owner has signed out", async () => {
      const { engine, server: opened } = await open();
      await using server = opened;
      const { owner, thief } = await stolen(server);
      expect(await me(thief)).toBe(COME_BACK);
      await owner.ask("/sign-out", { method: "POST" });
      expect(owner.jar.has(DEVICE)).toBe(false);
      expect(await me(thief)).toBe("nobody");
      thief.jar.delete(SID);
      expect(await me(thief)).toBe("nobody");
      expect(alarms(engine)).toEqual([]);
    });

    it("is no session's cookie, and no session's cookie is one", async () => {
      const { server: opened } = await open();
      await using server = opened;
      const { owner, thief } = await stolen(server);
      expect(await me(owner)).toBe(COME_BACK);
      const device = owner.jar.get(DEVICE) ?? "";
      const sid = owner.jar.get(SID) ?? "";
      for (const cookies of [`${SID}=${device}`, `${DEVICE}=${sid}`, `${SID}-anon=${device}`]) {
        expect((await thief.ask("/me", { cookies })).body).toBe("nobody");
      }
      expect(await me(owner)).toBe(COME_BACK);
    });

    it("is hidden from scripts, from plain http and from other sites, and lives as long as the device", async () => {
      const { server: opened } = await open();
      await using server = opened;
      const reply = await new Client(server).ask("/sign-in", { method: "POST" });
      const line = reply.setCookies.find((cookie) => cookie.startsWith(`${DEVICE}=`));
      expect(line?.replace(/=[^;]*/, "")).toBe(
        `${DEVICE}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=2592000`,
      );
      expect(reply.headers["cache-control"]).toBe("no-store");
    });

    it("cannot be made from what the store holds", async () => {
      const { engine, server: opened } = await open();
      await using server = opened;
      const { owner } = await stolen(server);
      const { series, secret } = readToken(owner.jar.get(DEVICE) ?? "") ?? {};
      const { sessions = [] } = (await engine.store.scan?.(undefined, 100)) ?? {};
      expect(sessions).toHaveLength(2);
      for (const { key, record } of sessions) {
        const { meta, data, secretHash } = record;
        const kept = Buffer.concat([Buffer.from(key, "hex"), meta, data, secretHash]);
        expect(kept.includes(series ?? "")).toBe(false);
        expect(kept.includes(secret ?? "")).toBe(false);
      }
    });
  });
}
