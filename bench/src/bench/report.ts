/**
 * The benchmark's outcome as tables, and the ratios that the targets are about.
 * @module
 */
import { markdownTable, plainTable, type Table } from "../support/table.ts";
import { type BenchResult, type Measurement, median } from "./measure.ts";
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
  const targets: Target[] = [];
  type Rounds = readonly number[] | undefined;
  const ratio = (text: string, part: Rounds, whole: Rounds, most: number) => {
    if (part === undefined || whole === undefined) return;
    const value = median(part.map((each, round) => each / (whole[round] ?? Number.NaN)));
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
  return targets;
}

export function benchReport(result: BenchResult, format: "plain" | "markdown"): string {
  const { machine, rounds, fileSessions, measurements } = result;
  const print = format === "plain" ? plainTable : markdownTable;
  const costs: Table = [
    ["system", "request", "CPU µs", "bare µs", "added µs", "of all rounds", "store operations"],
    ...measurements.map((each) => [
      titleOf(each.system),
      each.case,
      each.microseconds.toFixed(1),
      each.bareMicroseconds.toFixed(1),
      each.addedMicroseconds.toFixed(1),
      `${Math.min(...each.addedByRound).toFixed(1)} to ${Math.max(...each.addedByRound).toFixed(1)}`,
      each.operations === undefined ? "–" : each.operations.toFixed(2),
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
    "`bare` is the same server without sessions, sent the same bytes; `added` is the median of the rounds' differences.",
    print(costs),
    print(ratios),
    print(sqlite),
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
