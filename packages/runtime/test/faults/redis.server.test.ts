/** An application while its Redis dies, forgets its data or its scripts, or has no memory left. */
import { Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type ServerWithUrl, startRedis } from "../../../../scripts/servers.mjs";
import { describeWith } from "../../../../test-support/needs.ts";
import { type RedisStoreOptions, redisStore } from "../../src/stores/redis.ts";
import {
  ending,
  expectBack,
  expectGone,
  expectKept,
  expectSurvived,
  type FaultApp,
  POLL,
  startApp,
  startLoad,
  Visitor,
  visitorOf,
  watchProcess,
} from "../support/faults.ts";
import { clockFaults } from "../support/faults-clocks.ts";
import { faultClients } from "../support/faults-redis.ts";
import { freshPrefix, type OpenClient, openIoredis } from "../support/redis.ts";

async function openStore(
  port: number,
  options: RedisStoreOptions = {},
  open: OpenClient = openIoredis,
) {
  const { client, close } = await open({ port });
  return { store: redisStore(client, { prefix: freshPrefix(), ...options }), end: close };
}

async function openApp(...to: Parameters<typeof openStore>): Promise<FaultApp> {
  const { store, end } = await openStore(...to);
  ending(end);
  return startApp(store);
}

function administer(server: ServerWithUrl): Redis {
  const admin = new Redis(server.port, server.host);
  // The tests end the server under it.
  admin.on("error", () => {});
  return admin;
}

describeWith("redis", "an application on a Redis that is killed", () => {
  watchProcess();

  for (const [name, open] of Object.entries(faultClients)) {
    it(`keeps what was confirmed where each write is appended to the disk: ${name}`, async () => {
      const server = await startRedis({ args: ["--appendonly", "yes", "--appendfsync", "always"] });
      ending(() => server.stop());
      const app = await openApp(server.port, { persistent: true }, open);
      await expectSurvived(app, server.kill, server.start);
    });

    it(`signs everybody out, without an error, where nothing is kept: ${name}`, async () => {
      const server = await startRedis();
      ending(() => server.stop());
      const app = await openApp(server.port, {}, open);
      const alice = await visitorOf(app, "alice");
      expect((await alice.post("/count")).status).toBe(200);
      await server.kill();
      await server.start();
      await expectBack(alice);
      expect(await alice.read()).toEqual({ subject: null, n: 0 });
      await visitorOf(app, "alice");
      expect(app.errors).toEqual([]);
    });
  }
});

describeWith("redis", "an application on a Redis that forgets", () => {
  let server: ServerWithUrl;
  let admin: Redis;
  beforeAll(async () => {
    server = await startRedis();
    admin = administer(server);
  });
  afterAll(async () => {
    admin?.disconnect();
    await server?.stop();
  });
  watchProcess();
  beforeEach(() => admin.config("SET", "maxmemory", "0", "maxmemory-policy", "noeviction"));

  for (const [name, open] of Object.entries(faultClients)) {
    it(`makes everybody anonymous by FLUSHALL under load, and lets them sign in again: ${name}`, async () => {
      const app = await openApp(server.port, {}, open);
      const visitors = await Promise.all(["alice", "bob"].map((who) => visitorOf(app, who)));
      const load = startLoad(visitors);
      await load.goesOn();
      await admin.flushall();
      await load.goesOn();
      await load.stop();
      // What they counted since is in anonymous sessions of their own.
      for (const visitor of visitors) expect((await visitor.read()).subject).toBeNull();
      expect(load.unknown).toEqual([0, 0]);
      await visitorOf(app, "alice");
      expect(app.errors).toEqual([]);
    });

    it(`notices nothing when scripts are flushed under load: ${name}`, async () => {
      const app = await openApp(server.port, {}, open);
      const visitors = await Promise.all(["alice", "bob"].map((who) => visitorOf(app, who)));
      const load = startLoad(visitors);
      for (let times = 0; times < 5; times += 1) {
        await load.goesOn(10);
        await admin.script("FLUSH");
      }
      await load.goesOn();
      await load.stop();
      expect(load.unknown).toEqual([0, 0]);
      await expectKept(visitors, load);
      expect(app.count("store.unavailable")).toBe(0);
    });
  }

  clockFaults(
    "ioredis",
    async () => {
      const prefix = freshPrefix();
      return () => openStore(server.port, { prefix });
    },
    { sweeps: false },
  );

  describe("with no memory left", () => {
    const fill = () => admin.config("SET", "maxmemory", "1");

    it("refuses writes and sign-ins, and serves reads, sign-outs and revocations", async () => {
      const app = await openApp(server.port);
      const [alice, bob, carol] = [
        await visitorOf(app, "alice"),
        await visitorOf(app, "bob"),
        await visitorOf(app, "carol"),
      ];
      expect((await alice.post("/count")).status).toBe(200);
      const ghost = alice.at(app);
      await fill();
      const refused = await alice.post("/count");
      expect(refused.status).toBe(503);
      // Something else of the request may have had its effect.
      expect(refused.headers).not.toHaveProperty("retry-after");
      const stranger = new Visitor(app);
      expect((await stranger.post("/sign-in/dave")).status).toBe(503);
      expect(stranger.jar.size).toBe(0);
      expect(await alice.read()).toEqual({ subject: "alice", n: 1 });
      expect((await alice.post("/sign-out")).status).toBe(200);
      await expectGone(ghost);
      expect((await carol.post("/revoke-all/bob")).body).toBe("1");
      await expectGone(bob);
      await admin.config("SET", "maxmemory", "0");
      expect((await carol.post("/count")).status).toBe(200);
      expect(await carol.read()).toEqual({ subject: "carol", n: 1 });
    });

    it("reports a store that reads and does not write once, and its recovery when it writes", async () => {
      const app = await openApp(server.port);
      const alice = await visitorOf(app, "alice");
      await fill();
      for (let times = 0; times < 5; times += 1) {
        expect((await alice.post("/count")).status).toBe(503);
      }
      expect(app.count("store.unavailable")).toBe(1);
      expect(app.count("store.recovered")).toBe(0);
      await admin.config("SET", "maxmemory", "0");
      expect((await alice.post("/count")).status).toBe(200);
      expect(app.count("store.recovered")).toBe(1);
    });

    it("says at start-up that the server evicts, and takes an evicted session for ended", async () => {
      await admin.config("SET", "maxmemory-policy", "allkeys-lru");
      const app = await openApp(server.port);
      const evicts = () =>
        app.events.filter(
          (event) => event.type === "store.misconfigured" && event.problem === "evicts",
        );
      await expect.poll(evicts, POLL).toHaveLength(1);
      const alice = await visitorOf(app, "alice");
      await fill();
      const seen = async () => (await alice.read()).subject;
      // Eviction takes place with the commands that follow.
      await expect
        .poll(async () => {
          await admin.set("filling", "x").catch(() => {});
          return seen();
        }, POLL)
        .toBeNull();
      await admin.config("SET", "maxmemory", "0");
      await visitorOf(app, "alice");
      expect(app.errors).toEqual([]);
    });

    it("does without the accounts' sessions where eviction is accepted, and says so to who asks", async () => {
      const { store, end } = await openStore(server.port, { evicts: true });
      ending(end);
      expect(store.traits.index).toBe(false);
      const app = await startApp(store, { policy: { sessionsPerSubject: 0 } });
      const alice = await visitorOf(app, "alice");
      const subject = app.sessions.subject("alice");
      for (const call of [() => subject.revokeAll(), () => subject.list()]) {
        await expect(call()).rejects.toMatchObject({
          code: "HOLDFAST_UNSUPPORTED",
          message: expect.stringContaining("index"),
        });
      }
      expect((await alice.post("/sign-out")).status).toBe(200);
    });
  });
});
