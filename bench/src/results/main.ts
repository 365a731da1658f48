/**
 * `npm run results`: every measurement at full size, written to bench/RESULTS.md with its charts. Takes about
 * half an hour, best on a machine with nothing else to do, and 16 GiB of memory for ten million sessions.
 * @module
 */
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { totalmem } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { BenchResult, Measurement } from "../bench/measure.ts";
import { systems } from "../bench/systems/index.ts";
import type { GrowthResult } from "../growth/growth.ts";
import { runProgram } from "../support/arguments.ts";
import { median } from "../support/median.ts";
import { temporaryFolder } from "../support/sqlite.ts";
import { barChart, lineChart } from "./chart.ts";

const help = `Usage: npm run results -- [options]

  --sizes A,B    numbers of sessions for the growth. Default: 10000,1000000,10000000
  --rounds N     rounds of each measurement. Default: 5
  --milliseconds N  length of one slice of load. Default: 100
`;

/** Few at a time: two dozen processes that take turns find their caches cold, and measure that. */
const WITH_REDIS = [
  ...["holdfast", "holdfast-sqlite", "jose", "jose-es256", "redis-get", "holdfast-redis"],
  ...["express-session-redis", "iron-session"],
];
const WITH_SQL = [
  ...["postgres-select", "holdfast-postgres", "mariadb-select", "holdfast-mariadb"],
  ...["better-auth-postgres", "better-auth-redis"],
];
/** iron-session has no place for 10 KB. */
const LARGE = WITH_REDIS.filter((id) => id !== "iron-session");

const root = join(import.meta.dirname, "..", "..", "..");
const images = join(root, "docs", "images");

interface Section {
  readonly title: string;
  readonly args: readonly string[];
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      sizes: { type: "string", default: "10000,1000000,10000000" },
      rounds: { type: "string", default: "5" },
      milliseconds: { type: "string", default: "100" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  const folder = temporaryFolder();
  const json = (name: string) => join(folder.path, `${name}.json`);
  const bench = ["bench/dist/bench/main.js", "--servers", "redis,postgres,mariadb", "--markdown"];
  const rounds = ["--rounds", values.rounds, "--milliseconds", values.milliseconds];
  const sections: Record<string, Section> = {
    redis: {
      title: "Cost of a request, sessions of 1 KB: embedded stores, Redis, tokens",
      args: [...bench, ...rounds, "--only", WITH_REDIS.join(",")],
    },
    sql: {
      title: "Cost of a request, sessions of 1 KB: SQL servers, better-auth",
      args: [...bench, ...rounds, "--only", WITH_SQL.join(",")],
    },
    large: {
      title: "Cost of a request, sessions of 10 KB",
      args: [...bench, ...rounds, "--kilobytes", "10", "--only", LARGE.join(",")],
    },
    growth: {
      title: "Growth: the same request among more and more sessions of 200 bytes",
      args: ["bench/dist/growth/main.js", "--sizes", values.sizes, "--markdown"],
    },
  };
  const parts: string[] = [];
  try {
    for (const [name, { title, args }] of Object.entries(sections)) {
      process.stderr.write(`results: ${title}\n`);
      const output = await run([...args, "--json", json(name)]);
      parts.push(`## ${title}\n\n\`node ${args.join(" ")}\`\n\n${output.trim()}`);
    }
    const read = <Result>(name: string) => JSON.parse(readFileSync(json(name), "utf8")) as Result;
    const [first, second] = [read<BenchResult>("redis"), read<BenchResult>("sql")];
    const costs = { ...first, measurements: [...first.measurements, ...second.measurements] };
    mkdirSync(images, { recursive: true });
    writeFileSync(join(images, "cost.svg"), costChart(costs));
    writeFileSync(join(images, "growth.svg"), growthChart(read<GrowthResult[]>("growth")));
    writeFileSync(join(root, "bench", "RESULTS.md"), page(costs, parts));
  } finally {
    rmSync(folder.path, { recursive: true, force: true });
  }
  return 0;
}

function page({ machine }: BenchResult, parts: readonly string[]): string {
  const memory = Math.round(totalmem() / 2 ** 30);
  return `# Results

Written by \`npm run results\` on ${machine.date}: ${machine.cpu}, ${machine.cores} cores, ${memory} GiB, Node ${machine.node}; Redis, PostgreSQL and
MariaDB as Debian has them, each on the same machine. Figures are CPU time of the server process, medians of
interleaved rounds: compare them within a table, not between machines.

![CPU time per unchanged request](../docs/images/cost.svg)

![Time of an unchanged request by number of sessions](../docs/images/growth.svg)

${parts.join("\n\n")}
`;
}

function costChart({ measurements }: BenchResult): string {
  const unchanged = measurements.filter((each) => each.case === "unchanged" && isOnNode(each));
  const bars = unchanged.map((each) => ({
    label: titleOf(each)
      .replace(/,? on node:http/, "")
      .replace(" (without the content)", ", no content"),
    value: each.addedMicroseconds,
    isOurs: each.system.startsWith("holdfast"),
  }));
  return barChart("CPU time added to node:http by an unchanged session of 1 KB", "µs", bars);
}

const isOnNode = ({ system }: Measurement) =>
  systems.find(({ id }) => id === system)?.bare === "node";

const titleOf = ({ system }: Measurement) =>
  systems.find(({ id }) => id === system)?.title ?? system;

function growthChart(results: readonly GrowthResult[]): string {
  const lines = results.map(({ store, sizes }) => ({
    label: store === "redis" ? "Redis" : "PostgreSQL",
    isOurs: store === "redis",
    points: sizes.map(
      ({ count, rounds }) => [count, median(rounds.map(({ p50 }) => p50))] as const,
    ),
  }));
  return lineChart("Median time of an unchanged request, by sessions in the store", "µs", lines);
}

function run(args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      cwd: root,
      stdio: ["ignore", "pipe", "inherit"],
    });
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
    child.on("close", (code) => {
      if (code === 0) resolve(output);
      else reject(new Error(`${args[0]} ended with ${code}`));
    });
  });
}

await runProgram("results", main);
