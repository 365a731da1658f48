/**
 * `npm run race`: who loses which race. Exits with 1 if Holdfast loses one, with 2 if nothing could be measured.
 * @module
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { runProgram, wholeNumber } from "../support/arguments.ts";
import { STORE_NAMES, storeName } from "../support/stores.ts";
import { raceReport } from "./report.ts";
import { ourFailures, runRaces } from "./run.ts";
import { subjects } from "./subjects/index.ts";

const help = `Usage: npm run race -- [options]

  --rounds N     rounds of each cell with a gate, and as many at random timings. Default: 20
  --seed N       repeats the random timings. Default: 1
  --stores A,B   systems on these stores: ${STORE_NAMES.join(", ")}.
                 Private servers are started for them. Default: memory,sqlite
  --processes N  server processes of each system whose store several can share. Default: 1
  --only A,B     these systems instead: ${subjects.map(({ id }) => id).join(", ")}
  --cells A,B    these races alone, by their ids in the JSON file
  --markdown     print a Markdown table
  --json FILE    write everything that was counted
`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      rounds: { type: "string", default: "20" },
      seed: { type: "string", default: "1" },
      stores: { type: "string" },
      processes: { type: "string", default: "1" },
      only: { type: "string" },
      cells: { type: "string" },
      markdown: { type: "boolean", default: false },
      json: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  const result = await runRaces({
    rounds: wholeNumber("--rounds", values.rounds),
    seed: wholeNumber("--seed", values.seed),
    processes: Math.max(1, wholeNumber("--processes", values.processes)),
    ...(values.stores === undefined ? {} : { stores: values.stores.split(",").map(storeName) }),
    ...(values.only === undefined ? {} : { only: values.only.split(",") }),
    ...(values.cells === undefined ? {} : { cells: values.cells.split(",") }),
    onProgress: (title) => process.stderr.write(`race: ${title} done\n`),
  });
  process.stdout.write(`${raceReport(result, values.markdown ? "markdown" : "plain")}\n`);
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(result, null, 2)}\n`);
  const lost = ourFailures(result);
  for (const { cell, system } of lost) process.stderr.write(`race: ${system} fails ${cell}\n`);
  return lost.length > 0 ? 1 : 0;
}

await runProgram("race", main);
