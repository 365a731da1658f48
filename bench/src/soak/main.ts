/**
 * `npm run soak`: a long mixed load. Exits with 1 if memory or connections grow, or anything goes wrong.
 * @module
 */
import { parseArgs } from "node:util";
import { runProgram, wholeNumber } from "../support/arguments.ts";
import { STORE_NAMES, storeName } from "../support/stores.ts";
import { markdownTable, plainTable, type Table } from "../support/table.ts";
import { type SoakResult, soak } from "./soak.ts";

const help = `Usage: npm run soak -- [options]

  --stores A,B     ${STORE_NAMES.join(", ")}. Default: redis
  --minutes N      length of the load on each store. Default: 30
  --seconds N      the same in seconds, for a short one
  --processes N    server processes that share the store. Default: 4
  --seed N         repeats the visitors' choices. Default: 1
  --markdown       print a Markdown table
`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      stores: { type: "string", default: "redis" },
      minutes: { type: "string", default: "30" },
      seconds: { type: "string" },
      processes: { type: "string", default: "4" },
      seed: { type: "string", default: "1" },
      markdown: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  const seconds =
    values.seconds === undefined
      ? wholeNumber("--minutes", values.minutes) * 60
      : wholeNumber("--seconds", values.seconds);
  const results: SoakResult[] = [];
  for (const name of values.stores.split(",")) {
    results.push(
      await soak({
        store: storeName(name),
        // Each process would have sessions of its own.
        processes: name === "memory" ? 1 : wholeNumber("--processes", values.processes),
        seconds,
        seed: wholeNumber("--seed", values.seed),
        onProgress: (text) => process.stderr.write(`soak: ${text}\n`),
      }),
    );
  }
  const print = values.markdown ? markdownTable : plainTable;
  process.stdout.write(`${print(tableOf(results))}\n`);
  const faults = results.flatMap(({ store, faults: found }) =>
    found.map((fault) => `${store}: ${fault}`),
  );
  process.stdout.write(
    faults.length === 0 ? "\nNothing grew, nothing failed.\n" : `\n${faults.join("\n")}\n`,
  );
  return faults.length === 0 ? 0 : 1;
}

function tableOf(results: readonly SoakResult[]): Table {
  const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1);
  return [
    [
      "store",
      "process",
      "requests",
      "heap MB early",
      "late",
      "resident MB early",
      "late",
      "sockets",
    ],
    ...results.flatMap(({ store, requests, processes }) =>
      processes.map(({ early, late }, n) => [
        store,
        String(n + 1),
        n === 0 ? requests.toLocaleString("en") : "",
        megabytes(early.heapBytes),
        megabytes(late.heapBytes),
        megabytes(early.residentBytes),
        megabytes(late.residentBytes),
        `${early.sockets} / ${late.sockets}`,
      ]),
    ),
  ];
}

await runProgram("soak", main);
