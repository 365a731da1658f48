/**
 * What histories came to, as a table with a line per store, and every violation in full.
 * @module
 */
import { storeRows } from "../support/stores.ts";
import { markdownTable, plainTable, type Table } from "../support/table.ts";
import type { Entry } from "./operation.ts";
import type { HistoryResult } from "./run.ts";
import type { Violation } from "./violation.ts";

const head = [
  "store",
  "processes",
  "operations",
  "sessions",
  "sign-outs",
  "revocations",
  "conflicts",
  "refused",
  "unknown",
  "violations",
  "seconds",
];

export function historyReport(
  results: readonly HistoryResult[],
  format: "plain" | "markdown",
): string {
  const table: Table = [head, ...results.map(rowOf)];
  const text = format === "plain" ? plainTable(table) : markdownTable(table);
  const violations = results.flatMap(({ store, violations: found }) =>
    found.map((violation) => `${store}: ${violationText(violation)}`),
  );
  return [text, ...violations].join("\n\n");
}

function rowOf(result: HistoryResult): readonly string[] {
  const { store, processes, history, conflicts, violations, seconds } = result;
  const count = (is: (entry: Entry) => boolean) => String(history.filter(is).length);
  return [
    storeRows[store].title,
    String(processes),
    String(history.length),
    count((entry) => entry.makes !== undefined && entry.result.outcome === "ok"),
    count(({ kind }) => kind === "sign-out"),
    count(({ kind }) => kind === "revoke-all"),
    String(conflicts),
    count((entry) => entry.result.outcome === "refused"),
    count((entry) => entry.result.outcome === "unknown"),
    String(violations.length),
    seconds.toFixed(1),
  ];
}

/** One line per operation, with times in microseconds since the first. */
export function violationText({ rule, explanation, entries }: Violation): string {
  const origin = entries[0]?.start ?? 0;
  const lines = entries.map((entry) => {
    const { start, end, result, ...operation } = entry;
    const times = `${micros(start - origin)} to ${micros(end - origin)} µs`;
    return `  ${times}: ${JSON.stringify(operation)} -> ${JSON.stringify(result)}`;
  });
  return [`${rule}: ${explanation}`, ...lines].join("\n");
}

function micros(nanoseconds: number): string {
  return (nanoseconds / 1000).toFixed(0);
}
