/** An application while a replica takes over that has, or has not, heard of the last sign-outs. */
import { Redis } from "ioredis";
import { expect, it } from "vitest";
import { type ServerWithUrl, startRedis } from "../../../../scripts/servers.mjs";
import { startTcpProxy } from "../../../../scripts/tcp-proxy.mjs";
import { describeWith } from "../../../../test-support/needs.ts";
import type { SessionPolicy } from "../../src/options.ts";
import { redisStore } from "../../src/stores/redis.ts";
import {
  ending,
  expectBack,
  expectGone,
  type FaultApp,
  POLL,
  startApp,
  visitorOf,
  watchProcess,
} from "../support/faults.ts";
import { type MovingAddress, startMovingAddress } from "../support/faults-address.ts";
import { faultClients } from "../support/faults-redis.ts";
import { type OpenClient, openIoredis } from "../support/redis.ts";

interface Process {
  readonly app: FaultApp;
  /** Where its clients find the primary. */
  readonly address: MovingAddress;
}

async function startPair() {
  const primary = await startRedis();
  ending(() => primary.stop());
  const link = await startTcpProxy(primary.port);
  ending(() => link.close());
  const replica = await startRedis({ args: ["--replicaof", link.host, String(link.port)] });
  ending(() => replica.stop());
  const [admin, asker] = [replica, primary].map(({ port, host }) => new Redis(port, host));
  if (admin === undefined || asker === undefined) expect.unreachable();
  ending(() => admin.disconnect());
  await expect.poll(() => admin.call("ROLE"), POLL).toContain("connected");
  // The primary sends a replica nothing until it has heard of it again, up to a second later.
  const confirmed = async () => {
    await asker.set("written", "1");
    return asker.wait(1, 50);
  };
  await expect.poll(confirmed, POLL).toBe(1);
  asker.disconnect();
  return { primary, link, replica, promote: () => admin.replicaof("NO", "ONE") };
}

async function startProcess(
  primary: ServerWithUrl,
  openClient: OpenClient,
  waitMilliseconds: number,
  policy: SessionPolicy = {},
): Promise<Process> {
  const address = await startMovingAddress(primary.port);
  ending(() => address.close());
  const [own, waiting] = [await openClient(address), await openClient(address)];
  ending(() => own.close());
  ending(() => waiting.close());
  const replicas = { client: waiting.client, count: 1, timeoutMilliseconds: waitMilliseconds };
  return { app: await startApp(redisStore(own.client, { replicas }), { policy }), address };
}

const warnings = ({ events }: FaultApp) =>
  events.flatMap((event) => (event.type === "store.misconfigured" ? [event.problem] : []));

describeWith("redis", "an application in a Redis failover", () => {
  watchProcess();

  for (const [name, openClient] of Object.entries(faultClients)) {
    it(`has a sign-out back that no replica heard of, until the process that did it deletes it again: ${name}`, async () => {
      const { primary, link, replica, promote } = await startPair();
      const [one, two] = [
        await startProcess(primary, openClient, 100),
        await startProcess(primary, openClient, 100),
      ];
      const [alice, bob] = [await visitorOf(one.app, "alice"), await visitorOf(one.app, "bob")];
      // A third session, whose sign-out waits for the replica: what came before it is there too.
      const carol = await visitorOf(one.app, "carol");
      const carolsGhost = carol.at(two.app);
      expect((await carol.post("/sign-out")).status).toBe(200);
      expect(warnings(one.app)).toEqual([]);

      link.refuse();
      link.stall();
      const ghost = alice.at(two.app);
      expect((await alice.post("/sign-out")).status).toBe(200);
      expect(warnings(one.app)).toEqual(["replicas"]);
      await expectGone(ghost);

      await primary.kill();
      await promote();
      two.address.moveTo(replica.port);
      await expectBack(bob.at(two.app));
      // The claim is `until-failover`: this is what it means.
      expect((await ghost.read()).subject).toBe("alice");

      one.address.moveTo(replica.port);
      await expectBack(bob);
      await expect.poll(async () => (await ghost.read()).subject, POLL).toBeNull();
      await expectGone(ghost.at(one.app));
      await expectGone(carolsGhost);
      expect((await bob.read()).subject).toBe("bob");
    });
  }

  it("keeps a sign-out that a replica confirmed", async () => {
    const { primary, replica, promote } = await startPair();
    const [one, two] = [
      await startProcess(primary, openIoredis, 400),
      await startProcess(primary, openIoredis, 400),
    ];
    const [alice, bob] = [await visitorOf(one.app, "alice"), await visitorOf(one.app, "bob")];
    const ghost = alice.at(two.app);
    expect((await alice.post("/sign-out")).status).toBe(200);
    expect(warnings(one.app)).toEqual([]);
    await primary.kill();
    await promote();
    // The process that signed out stays away: nobody deletes anything again.
    two.address.moveTo(replica.port);
    await expectBack(bob.at(two.app));
    await expectGone(ghost);
  });

  it("waits for replicas no longer than it was told where the server knows no script yet", async () => {
    const primary = await startRedis();
    ending(() => primary.stop());
    const { app } = await startProcess(primary, openIoredis, 500, { storeDeadlineSeconds: 2 });
    const alice = await visitorOf(app, "alice");
    const ghost = alice.at(app);
    expect((await alice.post("/sign-out")).status).toBe(200);
    // The server looks at its clock ten times a second.
    expect(alice.slowestMs).toBeLessThan(900);
    expect(warnings(app)).toEqual(["replicas"]);
    await expectGone(ghost);
  });
});
