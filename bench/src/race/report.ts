/**
 * The races' outcome as one table: a row per cell, a column per system.
 * @module
 */
import { markdownTable, plainTable, type Table } from "../support/table.ts";
import { PARALLEL } from "./cells.ts";
import type { CellResult, Count, RaceResult } from "./run.ts";

export function raceReport(result: RaceResult, format: "plain" | "markdown"): string {
  const { rounds, seed, processes, systems, cells, results } = result;
  const head = ["race", ...systems.map(({ title }) => title)];
  const rows = cells.map(({ id, title }) => [
    title,
    ...systems.map((system) => {
      const found = results.find((each) => each.cell === id && each.system === system.id);
      return found === undefined ? "" : cellText(found);
    }),
  ]);
  const table: Table = [head, ...rows];
  const idioms = systems.map(({ title, idioms: ways }) => `${title}: ${ways.join("; ")}.`);
  const where =
    processes === 1
      ? ""
      : ` Requests are spread over ${processes} server processes, except with a memory store.`;
  const how =
    `${rounds} rounds with the slow request held in its handler by a gate, then ${rounds} at random ` +
    `timings (seed ${seed}). RESURRECTED 20/20 + 7/20: in all 20 held rounds, and in 7 of 20 random ones.${where}`;
  if (format === "plain") return [plainTable(table), "", how, "", ...idioms].join("\n");
  return [markdownTable(table), "", how, "", ...idioms.map((line) => `- ${line}`)].join("\n");
}

function cellText({ verdict, faults, rounds, kept, slowAnswers }: CellResult): string {
  if (verdict === "n/a") return "–";
  if (kept.length > 0) return `kept ${median(kept)} of ${PARALLEL}`;
  if (verdict === "ok") {
    const refused = Object.keys(slowAnswers).filter((status) => status !== "200");
    return refused.length === 0 ? "ok" : `ok, refuses (${refused.join(", ")})`;
  }
  return Object.entries(faults)
    .map(([fault, count]) => `${fault} ${countText(count, rounds)}`)
    .join(", ");
}

function countText({ held, random }: Count, rounds: Count): string {
  const byGate = `${held}/${rounds.held}`;
  return rounds.random === 0 ? byGate : `${byGate} + ${random}/${rounds.random}`;
}

/** Of the rounds, the lower one of two in the middle. */
function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
}
