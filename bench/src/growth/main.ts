/**
 * `npm run bench:growth`: what happens to the cost of one request while the number of sessions grows, and
 * what signing out everywhere costs by how many sessions an account has.
 * @module
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { runProgram, wholeNumber } from "../support/arguments.ts";
import { median } from "../support/median.ts";
import { markdownTable, plainTable, type Table } from "../support/table.ts";
import { type GrowthResult, type GrowthStore, growthStores, measureGrowth } from "./growth.ts";

const help = `Usage: npm run bench:growth -- [options]

  --stores A,B      ${Object.keys(growthStores).join(", ")}. Default: all of them
  --sizes A,B       numbers of sessions, the smallest first. Default: 10000,1000000
  --of-one A,B      sessions of one account, to sign out everywhere. Default: 1,10,100,1000,10000
  --rounds N        rounds, each with a slice of every size. Default: 9
  --markdown        print Markdown tables
  --json FILE       write everything that was measured
`;

const MOST = 1.3;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      stores: { type: "string", default: Object.keys(growthStores).join(",") },
      sizes: { type: "string", default: "10000,1000000" },
      "of-one": { type: "string", default: "1,10,100,1000,10000" },
      rounds: { type: "string", default: "9" },
      markdown: { type: "boolean", default: false },
      json: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  const numbers = (name: string, list: string) =>
    list.split(",").map((text) => wholeNumber(name, text));
  const print = values.markdown ? markdownTable : plainTable;
  const results: GrowthResult[] = [];
  for (const name of values.stores.split(",")) {
    if (!Object.hasOwn(growthStores, name)) throw new Error(`--stores does not know ${name}`);
    const result = await measureGrowth({
      store: name as GrowthStore,
      sizes: numbers("--sizes", values.sizes),
      ofOne: numbers("--of-one", values["of-one"]),
      rounds: wholeNumber("--rounds", values.rounds),
      onProgress: (text) => process.stderr.write(`growth: ${name}: ${text}\n`),
    });
    results.push(result);
    process.stdout.write(`${print(requestTable(result))}\n\n${print(everywhereTable(result))}\n\n`);
  }
  if (values.json !== undefined)
    writeFileSync(values.json, `${JSON.stringify(results, null, 2)}\n`);
  const verdicts = results.flatMap((result) => [ratio(result, "p50"), ratio(result, "p95")]);
  process.stdout.write(
    `At the largest size at most ${MOST} times the smallest: ${verdicts.every((each) => each <= MOST) ? "holds" : "does not hold"}\n`,
  );
  return 0;
}

/** The largest size against the smallest, as the median of the rounds' ratios. */
function ratio({ sizes }: GrowthResult, quantile: "p50" | "p95"): number {
  const [small, large] = [sizes[0], sizes.at(-1)];
  if (small === undefined || large === undefined) return Number.NaN;
  return median(
    large.rounds.map((round, n) => round[quantile] / (small.rounds[n]?.[quantile] ?? Number.NaN)),
  );
}

function requestTable(result: GrowthResult): Table {
  return [
    [
      `${result.store}: sessions`,
      "request p50 µs",
      "p95 µs",
      "random read p50 µs",
      "p95 µs",
      "commands",
      "buffers read",
      "bytes per session",
    ],
    ...result.sizes.map(({ count, rounds, reads, commands, buffers, bytesPerSession }) => [
      count.toLocaleString("en"),
      median(rounds.map(({ p50 }) => p50)).toFixed(0),
      median(rounds.map(({ p95 }) => p95)).toFixed(0),
      median(reads.map(({ p50 }) => p50)).toFixed(0),
      median(reads.map(({ p95 }) => p95)).toFixed(0),
      commands.join(", "),
      buffers === undefined ? "–" : String(buffers),
      bytesPerSession.toFixed(0),
    ]),
    [
      "largest / smallest",
      ratio(result, "p50").toFixed(2),
      ratio(result, "p95").toFixed(2),
      "",
      "",
      "",
      "",
      "",
    ],
  ];
}

function everywhereTable({ store, sizes }: GrowthResult): Table {
  const ofOne = sizes[0]?.everywhere.map(({ sessions }) => sessions) ?? [];
  return [
    [
      `${store}: sign out everywhere, ms`,
      ...ofOne.map((sessions) => `${sessions.toLocaleString("en")} sessions`),
    ],
    ...sizes.map(({ count, everywhere }) => [
      `among ${count.toLocaleString("en")}`,
      ...everywhere.map(({ milliseconds }) => milliseconds.toFixed(2)),
    ]),
  ];
}

await runProgram("growth", main);
