/**
 * `node bench/dist/history/main.js`: thousands of concurrent operations, and whether their answers are
 * possible. Exits with 1 if they are not, with 2 if no history could be taken.
 * @module
 */
import { parseArgs } from "node:util";
import { runProgram, wholeNumber } from "../support/arguments.ts";
import { STORE_NAMES, storeName } from "../support/stores.ts";
import { historyReport } from "./report.ts";
import { type HistoryResult, runHistory } from "./run.ts";

const help = `Usage: node bench/dist/history/main.js [options]

  --store A,B     stores to run on: ${STORE_NAMES.join(", ")}. Default: memory,sqlite
  --processes N   processes that share the store; the memory store has one. Default: 4
  --operations N  operations on each store. Default: 5000
  --seed N        repeats the choices, not the timings. Default: 1
  --markdown      print a Markdown table
`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      store: { type: "string", default: "memory,sqlite" },
      processes: { type: "string", default: "4" },
      operations: { type: "string", default: "5000" },
      seed: { type: "string", default: "1" },
      markdown: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  const stores = values.store.split(",").map(storeName);
  const results: HistoryResult[] = [];
  for (const store of stores) {
    results.push(
      await runHistory({
        store,
        processes: Math.max(1, wholeNumber("--processes", values.processes)),
        operations: wholeNumber("--operations", values.operations),
        seed: wholeNumber("--seed", values.seed),
      }),
    );
    process.stderr.write(`history: ${store} done\n`);
  }
  process.stdout.write(`${historyReport(results, values.markdown ? "markdown" : "plain")}\n`);
  return results.some(({ violations }) => violations.length > 0) ? 1 : 0;
}

await runProgram("history", main);
