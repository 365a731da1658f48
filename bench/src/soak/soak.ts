/**
 * A long mixed load on several processes, and whether they hold anything in the end that they did not hold
 * soon after the beginning.
 * @module
 */
import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { Browser, openAgent } from "../support/browser.ts";
import { type ServerProcess, startServer } from "../support/child.ts";
import { median } from "../support/median.ts";
import { type Random, seededRandom } from "../support/random.ts";
import { prepareStore, type StoreName } from "../support/stores.ts";
import type { Sample, SoakOrder } from "./server.ts";

export interface SoakOptions {
  readonly store: StoreName;
  readonly processes: number;
  readonly seconds: number;
  readonly seed: number;
  readonly onProgress?: (text: string) => void;
}

export interface SoakResult {
  readonly store: StoreName;
  readonly requests: number;
  /** Answers that no healthy system gives, by status; `error` for broken connections. */
  readonly bad: Readonly<Record<string, number>>;
  /** By process: what it held early and late, medians of several samples each. */
  readonly processes: readonly ProcessResult[];
  readonly faults: readonly string[];
}

interface ProcessResult {
  readonly early: Held;
  readonly late: Held;
  readonly unhandled: number;
  readonly alarms: Readonly<Record<string, number>>;
}

type Held = Pick<Sample, "heapBytes" | "residentBytes" | "sockets">;

const VISITORS = 48;
const ACCOUNTS = 24;
const SAMPLES = 20;
/** Caches fill up to their bounds; this much more heap in the end is no leak. */
const HEAP_SLACK_BYTES = 6_000_000;

/** What a visitor does next, and how often: the weights of a site where people mostly read. */
const ACTIONS: readonly (readonly [weight: number, method: "GET" | "POST", path: string])[] = [
  [60, "GET", "/page"],
  [20, "POST", "/change"],
  [8, "POST", "/sign-in"],
  [4, "GET", "/devices"],
  [3, "POST", "/rotate"],
  [3, "POST", "/sign-out"],
  [1, "POST", "/everywhere"],
];
const ALL_WEIGHTS: number = ACTIONS.reduce((sum, [weight]) => sum + weight, 0);

/**
 * 409: replaced by a rotation that came before; 403: revoked while a password was being checked; 401: ended
 * by another visitor while it was to be rotated.
 */
const EXPECTED = new Set([200, 401, 403, 409]);

export async function soak(options: SoakOptions): Promise<SoakResult> {
  const { store, processes, seconds, seed, onProgress } = options;
  const prepared = await prepareStore(store);
  const servers: ServerProcess<{ readonly port: number }>[] = [];
  const agent = openAgent();
  try {
    const args = [JSON.stringify(prepared.description), randomBytes(32).toString("hex")];
    for (let n = 0; n < processes; n++) {
      servers.push(await startServer("soak/server.js", args, ["--expose-gc"]));
    }
    const ports = servers.map(({ ready }) => ready.port);
    const until = performance.now() + seconds * 1000;
    const counts = { requests: 0, bad: {} as Record<string, number> };
    const random = seededRandom(seed);
    const visitors = Array.from({ length: VISITORS }, () =>
      visit({ browser: new Browser(agent, ports[0] as number), ports, random, until, counts }),
    );
    const samples: Sample[][] = servers.map(() => []);
    for (let n = 1; n <= SAMPLES; n++) {
      await delay((seconds * 1000) / SAMPLES);
      for (const [at, server] of servers.entries()) {
        samples[at]?.push(await server.ask<Sample>({ order: "sample" } satisfies SoakOrder));
      }
      onProgress?.(`${store}: ${n} of ${SAMPLES}, ${counts.requests} requests`);
    }
    await Promise.all(visitors);
    const results = samples.map(resultOf);
    return { store, ...counts, processes: results, faults: faultsOf(results, counts) };
  } finally {
    agent.destroy();
    await Promise.all(servers.map((server) => server.stop()));
    await prepared.stop();
  }
}

interface Visit {
  readonly browser: Browser;
  readonly ports: readonly number[];
  readonly random: Random;
  readonly until: number;
  readonly counts: { requests: number; readonly bad: Record<string, number> };
}

async function visit({ browser, ports, random, until, counts }: Visit): Promise<void> {
  while (performance.now() < until) {
    const [, method, path] = nextAction(random);
    const account = Math.floor(random() * ACCOUNTS);
    const key = Math.floor(random() * 8);
    const port = ports[Math.floor(random() * ports.length)] as number;
    const target = `${path}?account=${account}&key=${key}`;
    try {
      const { status } = await browser.send(target, { method, port });
      if (!EXPECTED.has(status)) counts.bad[status] = (counts.bad[status] ?? 0) + 1;
    } catch {
      counts.bad.error = (counts.bad.error ?? 0) + 1;
    }
    counts.requests += 1;
    // Somebody reads the page; without it the machine would be measured, and not what it keeps.
    await delay(random() * 200);
  }
}

function nextAction(random: Random): (typeof ACTIONS)[number] {
  let left = random() * ALL_WEIGHTS;
  for (const action of ACTIONS) {
    left -= action[0];
    if (left < 0) return action;
  }
  return ACTIONS[0] as (typeof ACTIONS)[number];
}

function resultOf(samples: readonly Sample[]): ProcessResult {
  const quarter = Math.max(1, samples.length >> 2);
  // The first quarter is left out: code is compiled and caches fill.
  const early = heldOf(samples.slice(quarter, quarter * 2));
  const last = samples.at(-1);
  return {
    early,
    late: heldOf(samples.slice(-quarter)),
    unhandled: last?.unhandled ?? 0,
    alarms: last?.alarms ?? {},
  };
}

function heldOf(samples: readonly Sample[]): Held {
  return {
    heapBytes: median(samples.map(({ heapBytes }) => heapBytes)),
    residentBytes: median(samples.map(({ residentBytes }) => residentBytes)),
    sockets: median(samples.map(({ sockets }) => sockets)),
  };
}

function faultsOf(
  processes: readonly ProcessResult[],
  { requests, bad }: { readonly requests: number; readonly bad: Readonly<Record<string, number>> },
): readonly string[] {
  const faults = Object.entries(bad).map(([status, times]) => `${times} answers of ${status}`);
  if (requests === 0) faults.push("no request was answered");
  for (const [n, { early, late, unhandled, alarms }] of processes.entries()) {
    const grown = late.heapBytes - early.heapBytes;
    if (grown > Math.max(HEAP_SLACK_BYTES, early.heapBytes * 0.15)) {
      faults.push(`process ${n + 1} holds ${(grown / 1e6).toFixed(1)} MB more than early on`);
    }
    // Visitors share a pool of connections, whose size varies with chance.
    if (late.sockets > early.sockets * 1.5 + 8) {
      faults.push(`process ${n + 1} went from ${early.sockets} sockets to ${late.sockets}`);
    }
    if (unhandled > 0) faults.push(`process ${n + 1} had ${unhandled} unhandled rejections`);
    for (const [type, times] of Object.entries(alarms)) {
      faults.push(`process ${n + 1} reported ${type} ${times} times`);
    }
  }
  return faults;
}
