/**
 * Takes the measurements: every system and case in turn, round after round, so that whatever else the
 * machine does falls on all of them alike.
 * @module
 */
import { cpus, loadavg } from "node:os";
import type { TcpProxy } from "../../../scripts/tcp-proxy.mjs";
import { Browser, openAgent } from "../support/browser.ts";
import { type ServerProcess, startServer } from "../support/child.ts";
import { median } from "../support/median.ts";
import { commandsOf, type Protocol } from "../support/wire.ts";
import {
  type Backends,
  protocols,
  proxiedUrlsOf,
  startBackends,
  type Urls,
  urlsOf,
} from "./backends.ts";
import { applyLoad, requestText } from "./load.ts";
import type { BenchOrder, Usage } from "./server.ts";
import { systems } from "./systems/index.ts";
import { type Case, requestOf, type ServerName, type System } from "./systems/system.ts";

export interface BenchOptions {
  readonly rounds: number;
  /** Milliseconds of one slice of load. */
  readonly milliseconds: number;
  /** Sessions in the SQLite file beforehand. */
  readonly fileSessions: number;
  /** Servers whose systems are measured too; each is started for the purpose. */
  readonly servers?: readonly ServerName[];
  /** Ids of the systems to measure; those that they are compared with come along. */
  readonly only?: readonly string[];
  readonly onProgress?: (text: string) => void;
}

/** One system in one case. Times are CPU time of the server process, in microseconds per request. */
export interface Measurement {
  readonly system: string;
  readonly case: Case;
  /** Median of the rounds. */
  readonly microseconds: number;
  /** The bare server with the very same requests. */
  readonly bareMicroseconds: number;
  /** Median of the rounds' differences between the two. */
  readonly addedMicroseconds: number;
  /** The whole, round by round. */
  readonly byRound: readonly number[];
  /** Those differences, round by round: what two systems added in one round can be compared. */
  readonly addedByRound: readonly number[];
  /** Requests measured in all rounds. */
  readonly requests: number;
  /** Time from request to answer as the client saw it, in microseconds. */
  readonly latency: { readonly p50: number; readonly p99: number };
  /** The largest resident memory that was seen, in bytes. */
  readonly residentBytes: number;
  /** Store operations per request; absent where there is no store. */
  readonly operations?: number;
  /** What went over the wire to the server, per request; absent where there is none. */
  readonly wire?: Wire;
}

/** What one request costs on the way to the server of its store. */
export interface Wire {
  readonly commands: readonly string[];
  readonly bytesUp: number;
  readonly bytesDown: number;
}

export interface BenchResult {
  readonly machine: {
    readonly cpu: string;
    readonly cores: number;
    readonly node: string;
    readonly date: string;
    /** Load average of the minute before: above 0.5 or so, something else is at work. */
    readonly loadBefore: number;
  };
  readonly rounds: number;
  readonly fileSessions: number;
  readonly measurements: readonly Measurement[];
}

const CONNECTIONS = 8;
const MOST_REQUESTS = 50_000;
const COUNTED_REQUESTS = 40;
const KEY_CASE: Case = "unchanged";
/** The warm-up takes as long as so many slices. */
const WARM_UP_SLICES = 10;
/** Slices per round, of the case that the targets are about and of the others. */
const KEY_SLICES = 6;
const SLICES = 2;

type Server = ServerProcess<{ readonly port: number }>;

/** A case of a system with its requests ready, and where the same requests go for comparison. */
interface Plan {
  readonly system: System;
  readonly which: Case;
  readonly server: Server;
  readonly bare: Server;
  readonly requests: readonly string[];
  readonly rounds: Round[];
  readonly latencies: number[];
  residentBytes: number;
}

/** What a round used up, in microseconds, and for how many requests. */
interface Round {
  cpu: number;
  answered: number;
  bareCpu: number;
  bareAnswered: number;
}

/** @throws {Error} If a system answers anything but 200: then nothing was measured. */
export async function measure(options: BenchOptions): Promise<BenchResult> {
  const { rounds, milliseconds, fileSessions, only, onProgress } = options;
  const [loadBefore = 0] = loadavg();
  const measured = systems.filter(
    ({ id, cases, server }) =>
      cases.length > 0 &&
      (server === undefined || options.servers?.includes(server)) &&
      (only === undefined || only.includes(id)),
  );
  const servers = new Map<string, Server>();
  const backends = await startBackends(measured);
  const running = async (id: string, name = id) => {
    const there = servers.get(name) ?? (await start(id, fileSessions, false, urlsOf(backends)));
    servers.set(name, there);
    return there;
  };
  try {
    const plans: Plan[] = [];
    for (const system of measured) {
      for (const which of system.cases) {
        // Sessions that sign-ins leave behind are walked by the collector of the same process: they must not
        // be counted against what other cases cost.
        const growing = which === "sign-in" || which === "everywhere" ? " growing" : "";
        const bare = await running(system.bare ?? "");
        const server = await running(system.id, system.id + growing);
        const requests = await prepare(server, which);
        plans.push({
          ...{ system, which, server, bare, requests },
          rounds: [],
          latencies: [],
          residentBytes: 0,
        });
      }
    }
    onProgress?.("warming up");
    for (const plan of plans) await takeBoth(plan, milliseconds * WARM_UP_SLICES);
    for (const plan of plans) plan.rounds.length = plan.latencies.length = 0;
    for (let round = 1; round <= rounds; round++) {
      for (const plan of plans) {
        plan.rounds.push({ cpu: 0, answered: 0, bareCpu: 0, bareAnswered: 0 });
      }
      // In slices: what disturbs the machine for a second disturbs all of them.
      for (let slice = 0; slice < KEY_SLICES; slice++) {
        for (const plan of plans) {
          if (plan.which === KEY_CASE || slice < SLICES) await takeBoth(plan, milliseconds);
        }
      }
      onProgress?.(`round ${round} of ${rounds}`);
    }
    const counted = await countOperations(measured, fileSessions, backends);
    const [{ model = "unknown" } = {}] = cpus();
    return {
      machine: {
        cpu: model,
        cores: cpus().length,
        node: process.versions.node,
        date: new Date().toISOString().slice(0, 10),
        loadBefore,
      },
      rounds,
      fileSessions,
      measurements: plans.map((plan) => summary(plan, counted)),
    };
  } finally {
    await Promise.all([...servers.values()].map((server) => server.stop()));
    await Promise.all([...backends.values()].map((backend) => backend.stop()));
  }
}

function start(id: string, fileSessions: number, counting: boolean, urls: Urls): Promise<Server> {
  const how = counting ? "count" : "time";
  return startServer("bench/server.js", [id, String(fileSessions), how, JSON.stringify(urls)]);
}

/** One request per connection. Each has a session of its own: connections must not wait for each other. */
async function prepare(server: Server, which: Case): Promise<readonly string[]> {
  const { port } = server.ready;
  const agent = openAgent();
  const requests: string[] = [];
  for (let n = 0; n < CONNECTIONS; n++) {
    const browser = new Browser(agent, port);
    if (which !== "none" && which !== "sign-in" && which !== "everywhere") {
      await browser.post("/sign-in");
      await browser.post("/fill");
      await browser.send("/page");
    }
    const cookies = which === "forged" ? forge(browser.cookies) : browser.cookies;
    requests.push(requestText(requestOf[which], port, cookies));
  }
  agent.destroy();
  return requests;
}

/** The same cookie with a signature that does not match: its last characters, where all systems keep it. */
function forge(cookies: string): string {
  const at = cookies.length - 12;
  return `${cookies.slice(0, at)}${cookies[at] === "A" ? "B" : "A"}${cookies.slice(at + 1)}`;
}

async function takeBoth(plan: Plan, milliseconds: number): Promise<void> {
  const { server, bare, requests, rounds } = plan;
  const without = await take(bare, requests, milliseconds);
  const withSessions = await take(server, requests, milliseconds, plan.latencies);
  plan.residentBytes = Math.max(plan.residentBytes, withSessions.residentBytes);
  const round = rounds.at(-1);
  if (round === undefined) return;
  round.bareCpu += without.cpu;
  round.bareAnswered += without.answered;
  round.cpu += withSessions.cpu;
  round.answered += withSessions.answered;
}

async function take(
  server: Server,
  requests: readonly string[],
  milliseconds: number,
  latencies: number[] = [],
) {
  const { port } = server.ready;
  const begin: BenchOrder = { order: "begin" };
  const end: BenchOrder = { order: "end" };
  const onConnected = () => server.ask(begin);
  const count = MOST_REQUESTS;
  const load = { port, requests, milliseconds, count, onConnected, latencies };
  const answered = await applyLoad(load);
  const { cpuMicroseconds, residentBytes } = await server.ask<Usage>(end);
  return { cpu: cpuMicroseconds, answered, residentBytes };
}

interface Counts {
  readonly operations: number;
  readonly wire?: Wire;
}

/** In processes of their own: counting takes time. */
async function countOperations(
  measured: readonly System[],
  fileSessions: number,
  backends: Backends,
): Promise<ReadonlyMap<string, Counts>> {
  const counted = new Map<string, Counts>();
  for (const { id, cases, server: name } of measured) {
    const backend = name && backends.get(name);
    const server = await start(id, Math.min(fileSessions, 1000), true, proxiedUrlsOf(backends));
    const { port } = server.ready;
    for (const which of cases) {
      const requests = (await prepare(server, which)).slice(0, 1);
      const load = { port, requests, milliseconds: 60_000, count: COUNTED_REQUESTS };
      // What a connection does once, a prepared statement or the loading of a script, is not a request's.
      await applyLoad(load);
      await server.ask({ order: "begin" });
      backend?.proxy.forget();
      const answered = await applyLoad(load);
      const { operations } = await server.ask<Usage>({ order: "end" });
      counted.set(`${id} ${which}`, {
        operations: operations / answered,
        ...(name && backend ? { wire: wireOf(protocols[name], backend.proxy, answered) } : {}),
      });
    }
    await server.stop();
  }
  return counted;
}

function wireOf(protocol: Protocol, { seen }: TcpProxy, answered: number): Wire {
  const times = new Map<string, number>();
  for (const name of commandsOf(protocol, seen.chunksUp)) {
    times.set(name, (times.get(name) ?? 0) + 1 / answered);
  }
  const commands = [...times].map(([name, count]) =>
    count > 0.99 && count < 1.01 ? name : `${count.toFixed(2)} ${name}`,
  );
  return { commands, bytesUp: seen.up / answered, bytesDown: seen.down / answered };
}

function summary(plan: Plan, counted: ReadonlyMap<string, Counts>): Measurement {
  const { system, which, rounds, latencies, residentBytes } = plan;
  const times = rounds.map(({ cpu, answered }) => cpu / answered);
  const bareTimes = rounds.map(({ bareCpu, bareAnswered }) => bareCpu / bareAnswered);
  const added = times.map((time, round) => time - (bareTimes[round] as number));
  const { operations, wire } = counted.get(`${system.id} ${which}`) ?? {};
  latencies.sort((left, right) => left - right);
  const quantile = (part: number) => latencies[Math.floor(latencies.length * part)] ?? 0;
  return {
    system: system.id,
    case: which,
    microseconds: median(times),
    bareMicroseconds: median(bareTimes),
    addedMicroseconds: median(added),
    addedByRound: added,
    requests: rounds.reduce((sum, { answered }) => sum + answered, 0),
    byRound: times,
    latency: { p50: quantile(0.5), p99: quantile(0.99) },
    residentBytes,
    ...(operations === undefined || !system.counts ? {} : { operations }),
    ...(wire === undefined ? {} : { wire }),
  };
}
