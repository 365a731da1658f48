/** An application on a Redis Cluster that loses a primary, or moves a slot while its sessions are revoked. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { type RedisCluster, startRedisCluster } from "../../../../scripts/servers.mjs";
import { describeWith } from "../../../../test-support/needs.ts";
import { subjectKeyOf } from "../../src/engine/core.ts";
import { redisStore } from "../../src/stores/redis.ts";
import { testBytes } from "../support/engine.ts";
import {
  DEADLINE_SECONDS,
  ending,
  expectBack,
  expectGone,
  expectKept,
  type FaultApp,
  MARGIN_MILLISECONDS,
  startApp,
  startLoad,
  type Visitor,
  visitorOf,
  watchProcess,
} from "../support/faults.ts";
import { freshPrefix, openIoredisCluster } from "../support/redis.ts";

interface ClusterNode {
  readonly id: string;
  readonly port: number;
  readonly isPrimary: boolean;
  /** Of a replica: the id of its primary. */
  readonly follows: string;
  has(slot: number): boolean;
}

const bucketOf = (subject: string) => subjectKeyOf(subject, testBytes("index")).slice(0, 4);

describeWith("redis", "an application on a Redis Cluster", () => {
  let cluster: RedisCluster;
  let port: number;
  beforeAll(async () => {
    // Otherwise a lost primary takes the slots of all the others with it until it is replaced.
    cluster = await startRedisCluster({ args: ["--cluster-require-full-coverage", "no"] });
    port = cluster.nodes[0]?.port ?? 0;
  }, 60_000);
  afterAll(() => cluster?.stop());
  watchProcess();

  const slotOf = async (subject: string) =>
    Number(await cluster.cli(port, "CLUSTER", "KEYSLOT", `{${bucketOf(subject)}}`));

  async function nodes(asked = port): Promise<readonly ClusterNode[]> {
    const rows = (await cluster.cli(asked, "CLUSTER", "NODES")).split("\n");
    return rows.map((row) => {
      const [id = "", address = "", flags = "", follows = "", , , , , ...ranges] = row.split(" ");
      return {
        id,
        port: Number(/:(\d+)@/.exec(address)?.[1]),
        isPrimary: flags.includes("master") && !flags.includes("fail"),
        follows,
        has: (slot) =>
          ranges.some((range) => {
            const [first = Number.NaN, last = first] = range.split("-").map(Number);
            return slot >= first && slot <= last;
          }),
      };
    });
  }

  async function primaryOf(slot: number, asked = port): Promise<ClusterNode | undefined> {
    return (await nodes(asked)).find((node) => node.isPrimary && node.has(slot));
  }

  async function openApp(deadlineSeconds?: number): Promise<FaultApp> {
    const [own, waiting] = [await openIoredisCluster({ port }), await openIoredisCluster({ port })];
    ending(() => own.close());
    ending(() => waiting.close());
    const store = redisStore(own.client, {
      prefix: freshPrefix(),
      replicas: { client: waiting.client, count: 1, timeoutMilliseconds: 400 },
    });
    const policy = deadlineSeconds === undefined ? {} : { storeDeadlineSeconds: deadlineSeconds };
    return startApp(store, { policy });
  }

  it("revokes every session of an account while their slot moves to another node", async () => {
    const app = await openApp(4);
    const visitors: Visitor[] = [];
    for (let count = 0; count < 50; count += 1) visitors.push(await visitorOf(app, "alice"));
    const slot = await slotOf("alice");
    const from = (await primaryOf(slot)) ?? expect.unreachable();
    const to = (await nodes()).find((node) => node.isPrimary && node !== from && !node.has(slot));
    if (to === undefined) expect.unreachable();
    await cluster.cli(to.port, "CLUSTER", "SETSLOT", String(slot), "IMPORTING", from.id);
    await cluster.cli(from.port, "CLUSTER", "SETSLOT", String(slot), "MIGRATING", to.id);
    const listed = await cluster.cli(from.port, "CLUSTER", "GETKEYSINSLOT", String(slot), "1000");
    const keys = listed.split("\n");
    expect(keys.length).toBeGreaterThan(50);
    const target = ["MIGRATE", "127.0.0.1", String(to.port), "", "0", "5000", "KEYS"];
    const move = () => cluster.cli(from.port, ...target, ...keys.splice(0, 10));

    await move();
    await move();
    let answered = false;
    const revoking = app.sessions
      .subject("alice")
      .revokeAll()
      .finally(() => {
        answered = true;
      });
    // Sessions are served from wherever they are meanwhile.
    for (const visitor of visitors.slice(0, 10)) {
      expect((await visitor.read()).subject).toBe("alice");
    }
    expect(answered).toBe(false);
    while (keys.length > 0) await move();
    for (const node of [to, from]) {
      await cluster.cli(node.port, "CLUSTER", "SETSLOT", String(slot), "NODE", to.id);
    }
    expect(await revoking).toBe(50);
    for (const visitor of visitors) await expectGone(visitor);
    expect(await app.sessions.subject("alice").list()).toEqual([]);
  });

  it("goes on without the primary of a slot, and serves all others throughout", async () => {
    const app = await openApp();
    const slot = await slotOf("bob");
    const primary = (await primaryOf(slot)) ?? expect.unreachable();
    // Another's, and one that stays up to be asked.
    const witness = (await nodes()).find((node) => node.isPrimary && node.id !== primary.id);
    if (witness === undefined) expect.unreachable();
    const others: Visitor[] = [];
    for (let name = 0; others.length < 4; name += 1) {
      if (!primary.has(await slotOf(`other-${name}`))) {
        others.push(await visitorOf(app, `other-${name}`));
      }
    }
    const bob = await visitorOf(app, "bob");
    const bobs: Visitor[] = [];
    for (let count = 0; count < 6; count += 1) bobs.push(await visitorOf(app, "bob"));
    const load = startLoad(others);
    const own = startLoad([bob]);
    await load.goesOn();

    const ghosts = bobs.map((visitor) => visitor.at(app));
    for (const visitor of bobs) expect((await visitor.post("/sign-out")).status).toBe(200);
    const server = cluster.nodes.find((node) => node.port === primary.port);
    await server?.kill();
    await own.fails(2);
    const isReplaced = async () => {
      const now = await primaryOf(slot, witness.port);
      return now !== undefined && now.port !== primary.port;
    };
    await expect.poll(isReplaced, { timeout: 20_000, interval: 25 }).toBe(true);
    await expectBack(bob);
    await load.goesOn();
    await own.goesOn(5);
    await load.stop();
    await own.stop();

    // Each of these had been confirmed by the replica that is now the primary.
    expect(app.count("store.misconfigured")).toBe(0);
    for (const ghost of ghosts) await expectGone(ghost);
    expect((await bob.read()).subject).toBe("bob");
    expect(load.unknown).toEqual(others.map(() => 0));
    await expectKept(others, load);
    const slowest = Math.max(...[bob, ...others].map(({ slowestMs }) => slowestMs));
    expect(slowest).toBeLessThan(2 * DEADLINE_SECONDS * 1000 + MARGIN_MILLISECONDS);
  });
});
