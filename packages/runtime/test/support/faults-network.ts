/**
 * What a bad network may do between an application and its store, for any client: the same tests for each.
 * @module
 */
import { expect, it } from "vitest";
import { startTcpProxy, type TcpProxy } from "../../../../scripts/tcp-proxy.mjs";
import type { SessionStore } from "../../src/stores/store.ts";
import { gate } from "./engine.ts";
import {
  BACK_MILLISECONDS,
  DEADLINE_SECONDS,
  ending,
  expectAway,
  expectBack,
  expectGone,
  expectKept,
  expectReportedOnce,
  type FaultApp,
  ghostOf,
  POLL,
  startApp,
  startLoad,
  type Visitor,
  visitorOf,
} from "./faults.ts";
import { startMovingAddress } from "./faults-address.ts";

/** A store whose client goes through a port, and that client's end. */
export interface OpenedStore {
  readonly store: SessionStore;
  end(): unknown;
}

export type OpenStoreAt = (port: number) => OpenedStore | Promise<OpenedStore>;

interface Scene {
  readonly proxy: TcpProxy;
  readonly app: FaultApp;
  readonly alice: Visitor;
  readonly ghost: Visitor;
}

/** What the tests set of the clients; an application sets its store deadline, or a little more. */
export const GIVES_UP_MILLISECONDS = 700;

const DEADLINE_MILLISECONDS = DEADLINE_SECONDS * 1000;
/** Of each direction while a connection is cut: the write is done after one of it, and answered after two. */
const HALF_WAY_MILLISECONDS = 50;
/** Before the write, on its way, done and not answered, about to be answered, and too late. */
const CUT_AT_MILLISECONDS = [0, 25, 75, 75, 75, 90, 125] as const;

/**
 * @param serverPort Is asked once the tests run.
 * @param open Opens a store of its own over a client with the given port.
 */
export function networkFaults(name: string, serverPort: () => number, open: OpenStoreAt): void {
  const begin = async (): Promise<Scene> => {
    const proxy = await startTcpProxy(serverPort());
    ending(() => proxy.close());
    const { store, end } = await open(proxy.port);
    ending(end);
    const app = await startApp(store);
    const ghost = await ghostOf(app);
    const alice = await visitorOf(app, "alice");
    // Statements that a connection prepares, and scripts that a server learns, are not what is measured.
    expect((await alice.post("/count")).status).toBe(200);
    return { proxy, app, alice, ghost };
  };
  const afterwards = async ({ app, alice, ghost }: Scene, n: number) => {
    await expectBack(alice);
    expect(await alice.read()).toEqual({ subject: "alice", n });
    await expectGone(ghost);
    expect((await alice.post("/count")).status).toBe(200);
    expect((await alice.read()).n).toBe(n + 1);
    expectReportedOnce(app);
  };

  it(`serves while answers take half of the deadline: ${name}`, async () => {
    const { proxy, app, alice } = await begin();
    proxy.delay(DEADLINE_MILLISECONDS / 4);
    expect((await alice.read()).n).toBe(1);
    expect((await alice.post("/count")).status).toBe(200);
    proxy.heal();
    expect((await alice.read()).n).toBe(2);
    expect(app.count("store.unavailable")).toBe(0);
  });

  it(`answers 503 at the deadline while answers take longer: ${name}`, async () => {
    const scene = await begin();
    const { proxy, app, alice } = scene;
    proxy.delay(DEADLINE_MILLISECONDS);
    expectAway(await alice.ask("/read"), alice);
    expectAway(await alice.post("/count"), alice);
    // By now late answers come in: whoever asks is still away from the store.
    expectAway(await alice.ask("/read"), alice);
    expectAway(await alice.ask("/read"), alice);
    // What is under way must not be overtaken: no network does that within a connection.
    await app.quiet();
    proxy.heal();
    await afterwards(scene, 1);
  });

  it(`counts once whenever the connection is cut in the middle of a write: ${name}`, async () => {
    const { proxy, app, alice, ghost } = await begin();
    let answersLost = 0;
    for (const [tries, milliseconds] of CUT_AT_MILLISECONDS.entries()) {
      const { opened: isCut, open: cut } = gate();
      app.beforeWrite = () => {
        proxy.delay(HALF_WAY_MILLISECONDS);
        setTimeout(() => {
          proxy.heal();
          proxy.cut();
          cut();
        }, milliseconds);
      };
      app.store.reset();
      expect((await alice.post("/count")).status).toBe(200);
      const { counts } = app.store;
      // Read again and not written again: the first write had happened.
      if (counts.put === 1 && counts.get === 2) answersLost += 1;
      app.beforeWrite = undefined;
      await isCut;
      await expectBack(alice);
      expect((await alice.read()).n).toBe(tries + 2);
    }
    expect(answersLost).toBeGreaterThan(0);
    await expectGone(ghost);
  });

  it(`serves again when the server's side of each connection is closed: ${name}`, async () => {
    const { proxy, app, alice, ghost } = await begin();
    proxy.halfClose();
    await expectBack(alice);
    expect((await alice.post("/count")).status).toBe(200);
    expect((await alice.read()).n).toBe(2);
    await expectGone(ghost);
    expect(app.count("store.recovered")).toBe(app.count("store.unavailable"));
  });

  it(`answers 503 at the deadline while nothing comes back, and serves when it does: ${name}`, async () => {
    const scene = await begin();
    const { proxy, app, alice } = scene;
    proxy.stall();
    const others = Array.from({ length: 20 }, () => alice.at(app));
    for (const reply of await Promise.all(others.map((other) => other.ask("/read")))) {
      for (const other of others) expectAway(reply, other);
    }
    expectAway(await alice.post("/count"), alice);
    proxy.heal();
    await afterwards(scene, 1);
  });

  it(`loses no confirmed write under load while nothing comes back for a while: ${name}`, async () => {
    const { proxy, app, ghost } = await begin();
    const visitors = await Promise.all(["bob", "carol", "dave"].map((who) => visitorOf(app, who)));
    const load = startLoad(visitors);
    await load.goesOn();
    proxy.stall();
    await load.fails();
    proxy.heal();
    await load.goesOn();
    await load.stop();
    await expectKept(visitors, load);
    await expectGone(ghost);
    // One request of each may have had its data before the network stopped: its write is a second operation.
    const longest = Math.max(...visitors.map(({ slowestMs }) => slowestMs));
    expect(longest).toBeLessThan(3 * DEADLINE_MILLISECONDS);
  });

  it(`answers 503 while connections are refused, and serves when they are not: ${name}`, async () => {
    const scene = await begin();
    const { proxy, alice } = scene;
    proxy.refuse();
    proxy.cut();
    expectAway(await alice.ask("/read"), alice);
    expectAway(await alice.post("/count"), alice);
    proxy.heal();
    await afterwards(scene, 1);
  });
}

/**
 * @param open Opens a store over a client that gives up a connection which no longer answers, by a setting
 *   of its own, within {@link GIVES_UP_MILLISECONDS}.
 */
export function strandedFault(name: string, serverPort: () => number, open: OpenStoreAt): void {
  it(`leaves connections that no longer answer, with the setting of the client for it: ${name}`, async () => {
    const address = await startMovingAddress(serverPort());
    ending(() => address.close());
    const { store, end } = await open(address.port);
    ending(end);
    const app = await startApp(store);
    const alice = await visitorOf(app, "alice");
    // As many at once as the pool has connections, and more.
    const all = Array.from({ length: 12 }, () => alice.at(app));
    for (const { status } of await Promise.all(all.map((one) => one.ask("/read")))) {
      expect(status).toBe(200);
    }
    address.strand();
    const stranded = await Promise.all(all.map((one) => one.ask("/read")));
    // A pool may have had room for another connection.
    for (const { status } of stranded) expect([200, 503]).toContain(status);
    expect(stranded.map(({ status }) => status)).toContain(503);
    const startedAt = performance.now();
    const served = async () => {
      const replies = await Promise.all(all.map((one) => one.ask("/read")));
      return replies.filter(({ status }) => status === 200).length;
    };
    await expect.poll(served, POLL).toBe(all.length);
    expect(performance.now() - startedAt).toBeLessThan(GIVES_UP_MILLISECONDS + BACK_MILLISECONDS);
    expect((await alice.post("/count")).status).toBe(200);
    expect((await alice.read()).n).toBe(1);
  });
}
