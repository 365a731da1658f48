/**
 * `npm run bench`: what sessions cost, in CPU time and store operations. Exits with 2 if nothing could be measured.
 * @module
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { runProgram, wholeNumber } from "../support/arguments.ts";
import { measure } from "./measure.ts";
import { benchReport, targetsOf } from "./report.ts";
import { systems } from "./systems/index.ts";

const help = `Usage: npm run bench -- [options]

  --rounds N            rounds, of which the median is taken. Default: 5
  --milliseconds N      length of one slice of load. Default: 50
  --sqlite-sessions N   sessions in the SQLite file beforehand. Default: 10000
  --only A,B            systems to measure: ${systems
    .filter(({ cases }) => cases.length > 0)
    .map(({ id }) => id)
    .join(", ")}
  --markdown            print Markdown tables
  --json FILE           write everything that was measured
`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      rounds: { type: "string", default: "5" },
      milliseconds: { type: "string", default: "50" },
      "sqlite-sessions": { type: "string", default: "10000" },
      only: { type: "string" },
      markdown: { type: "boolean", default: false },
      json: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  const result = await measure({
    rounds: wholeNumber("--rounds", values.rounds),
    milliseconds: wholeNumber("--milliseconds", values.milliseconds),
    fileSessions: wholeNumber("--sqlite-sessions", values["sqlite-sessions"]),
    ...(values.only === undefined ? {} : { only: values.only.split(",") }),
    onProgress: (text) => process.stderr.write(`bench: ${text}\n`),
  });
  process.stdout.write(`${benchReport(result, values.markdown ? "markdown" : "plain")}\n`);
  if (values.json !== undefined) {
    const all = { ...result, targets: targetsOf(result) };
    writeFileSync(values.json, `${JSON.stringify(all, null, 2)}\n`);
  }
  return 0;
}

await runProgram("bench", main);
