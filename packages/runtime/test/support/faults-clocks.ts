/**
 * Processes whose clocks differ, on one store: the same tests for each server.
 * @module
 */
import { expect, it } from "vitest";
import type { SessionPolicy } from "../../src/options.ts";
import { ending, type FaultApp, POLL, startApp, Visitor, visitorOf } from "./faults.ts";
import type { OpenedStore } from "./faults-network.ts";

const MINUTE_MILLISECONDS = 60_000;
/** The shortest idle time, so that clocks differ by more than a session has left. */
const policy: SessionPolicy = { idleTimeoutSeconds: 60, absoluteTimeoutSeconds: 300 };

export interface ClockApps {
  /** A process whose clock is this many minutes ahead of the server's. */
  ahead(minutes: number): Promise<FaultApp>;
}

/**
 * @param openGround Makes a ground that no other test uses, and answers how each process opens its store there.
 * @param traits `sweeps`: dead records wait for a sweep; the server removes them by itself if not.
 */
export function clockFaults(
  name: string,
  openGround: () => Promise<() => OpenedStore | Promise<OpenedStore>>,
  { sweeps }: { readonly sweeps: boolean },
): void {
  const begin = async (): Promise<ClockApps> => {
    const open = await openGround();
    return {
      async ahead(minutes) {
        const { store, end } = await open();
        ending(end);
        const now = () => Date.now() + minutes * MINUTE_MILLISECONDS;
        return startApp(store, { now, policy });
      },
    };
  };

  it(`says at start-up that a clock differs from the server's: ${name}`, async () => {
    const apps = await begin();
    const [right, fast, slow] = [await apps.ahead(0), await apps.ahead(4), await apps.ahead(-10)];
    const skews = (app: FaultApp) =>
      app.events.flatMap((event) => (event.type === "clock.skewed" ? [event.skewSeconds] : []));
    for (const [app, minutes] of [
      [fast, 4],
      [slow, 10],
    ] as const) {
      await expect.poll(() => skews(app), POLL).toEqual([expect.closeTo(minutes * 60, -1)]);
    }
    expect(skews(right)).toEqual([]);
  });

  it(`has each process judge by its own clock, and a fast one end nothing: ${name}`, async () => {
    const apps = await begin();
    const [slow, fast] = [await apps.ahead(-4), await apps.ahead(0)];
    const alice = await visitorOf(slow, "alice");
    expect((await alice.at(fast).read()).subject).toBeNull();
    expect(await fast.sessions.sweep()).toBe(0);
    expect((await alice.read()).subject).toBe("alice");
    const bob = await visitorOf(fast, "bob");
    expect((await bob.at(slow).read()).subject).toBe("bob");
  });

  it(`promises nothing to clocks ten minutes apart, and breaks nothing: ${name}`, async () => {
    const apps = await begin();
    const [slow, fast] = [await apps.ahead(-10), await apps.ahead(0)];
    const alice = new Visitor(slow);
    expect((await alice.post("/sign-in/alice")).status).toBe(200);
    // A server that drops records by itself has done so at once; others wait for a sweep.
    if (sweeps) expect((await alice.read()).subject).toBe("alice");
    expect(await fast.sessions.sweep()).toBe(sweeps ? 1 : 0);
    expect((await alice.read()).subject).toBeNull();
    expect((await alice.at(fast).read()).subject).toBeNull();
  });
}
