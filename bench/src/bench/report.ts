/**
 * The benchmark's outcome as tables, and the ratios that the targets are about.
 * @module
 */
import { median } from "../support/median.ts";
import { markdownTable, plainTable, type Table } from "../support/table.ts";
import type { BenchResult, Measurement } from "./measure.ts";
import { systems } from "./systems/index.ts";
import type { Case } from "./systems/system.ts";

/** A ratio, taken in each round, and whether the median of the rounds is where it should be. */
export interface Target {
  readonly text: string;
  readonly value: number;
  readonly met: boolean;
}

export function targetsOf({ measurements }: BenchResult): readonly Target[] {
  const added = (system: string, which: Case = "unchanged") =>
    measurements.find((each) => each.system === system && each.case === which)?.addedByRound;
  const whole = (system: string) =>
    measurements.find((each) => each.system === system && each.case === "unchanged")?.byRound;
  const targets: Target[] = [];
  type Rounds = readonly number[] | undefined;
  const ratio = (text: string, part: Rounds, of: Rounds, most: number) => {
    if (part === undefined || of === undefined) return;
    const value = median(part.map((each, round) => each / (of[round] ?? Number.NaN)));
    targets.push({ text: `${text}: at most ${most}`, value, met: value <= most });
  };
  const ours = added("holdfast");
  ratio("added by Holdfast / added by jose HS256, unchanged session", ours, added("jose"), 0.5);
  ratio(
    "added by Holdfast on node:http / added by express-session on Express, unchanged session",
    ours,
    added("express-session"),
    1,
  );
  ratio(
    "added by Holdfast on Express / added by express-session on Express, unchanged session",
    added("holdfast-express"),
    added("express-session"),
    1,
  );
  const [redis, floor] = [added("holdfast-redis"), added("redis-get")];
  ratio(
    "added by Holdfast with Redis to a bare GET / added by jose HS256, unchanged session",
    floor && redis?.map((each, round) => each - (floor[round] ?? Number.NaN)),
    added("jose"),
    0.5,
  );
  ratio(
    "the whole of Holdfast with Redis / the whole of express-session with connect-redis, both on node:http, unchanged session",
    whole("holdfast-redis"),
    whole("express-session-redis"),
    0.5,
  );
  ratio(
    "added by Holdfast with Redis / added by jose ES256, unchanged session",
    redis,
    added("jose-es256"),
    1,
  );
  return targets;
}

export function benchReport(result: BenchResult, format: "plain" | "markdown"): string {
  const { machine, rounds, fileSessions, measurements } = result;
  const print = format === "plain" ? plainTable : markdownTable;
  const costs: Table = [
    [
      "system",
      "request",
      "CPU µs",
      "bare µs",
      "added µs",
      "of all rounds",
      "store operations",
      "p50 / p99 µs",
      "MB",
    ],
    ...measurements.map((each) => [
      titleOf(each.system),
      each.case,
      each.microseconds.toFixed(1),
      each.bareMicroseconds.toFixed(1),
      each.addedMicroseconds.toFixed(1),
      `${Math.min(...each.addedByRound).toFixed(1)} to ${Math.max(...each.addedByRound).toFixed(1)}`,
      each.operations === undefined ? "–" : each.operations.toFixed(2),
      `${each.latency.p50.toFixed(0)} / ${each.latency.p99.toFixed(0)}`,
      (each.residentBytes / 1e6).toFixed(0),
    ]),
  ];
  const wired = measurements.flatMap(({ wire, ...each }) => (wire ? [{ ...each, wire }] : []));
  const wires: Table = [
    ["system", "request", "commands", "bytes up", "bytes down"],
    ...wired.map(({ system, case: which, wire }) => [
      titleOf(system),
      which,
      wire.commands.join(", ") || "none",
      wire.bytesUp.toFixed(0),
      wire.bytesDown.toFixed(0),
    ]),
  ];
  const ratios: Table = [
    ["ratio", "measured", "target"],
    ...targetsOf(result).map(({ text, value, met }) => [
      text,
      value.toFixed(2),
      met ? "met" : "missed",
    ]),
  ];
  const sqlite: Table = [
    ["request", `SQLite with ${fileSessions} sessions, minus memory, µs`],
    ...measurements.flatMap((each) => sqliteRow(each, measurements)),
  ];
  const { cpu, cores, node, date, loadBefore } = machine;
  return [
    `${cpu}, ${cores} cores, Node ${node}, ${date}, load average before ${loadBefore.toFixed(1)}; ${rounds} rounds, medians; CPU time of the server process, user and system, per request.`,
    "`bare` is the same server without sessions, sent the same bytes; `added` is the median of the rounds' differences. Eight connections, one request on its way on each.",
    print(costs),
    print(ratios),
    ...(sqlite.length > 1 ? [print(sqlite)] : []),
    ...(wires.length > 1 ? ["On the wire, per request, seen by a proxy:", print(wires)] : []),
  ].join("\n\n");
}

function sqliteRow(each: Measurement, all: readonly Measurement[]): readonly (readonly string[])[] {
  if (each.system !== "holdfast-sqlite") return [];
  const memory = all.find((other) => other.system === "holdfast" && other.case === each.case);
  if (memory === undefined) return [];
  const more = each.addedByRound.map((added, round) => added - (memory.addedByRound[round] ?? 0));
  return [[each.case, median(more).toFixed(1)]];
}

function titleOf(id: string): string {
  return systems.find((system) => system.id === id)?.title ?? id;
}
