/**
 * `node bench/dist/remember/main.js`: thousands of remembered browsers over twelve days, and a thousand stolen
 * cookies. Exits with 1 if there was a false alarm, a false sign-out, or a theft that should have been noticed.
 * @module
 */
import { parseArgs } from "node:util";
import { runProgram, wholeNumber } from "../support/arguments.ts";
import { faultsOf, rememberReport } from "./report.ts";
import { runRemember } from "./run.ts";

const help = `Usage: node bench/dist/remember/main.js [options]

  --users N    honest users. Default: 10000
  --thefts N   stolen cookies. Default: 1000
  --seed N     repeats what users do and what the network loses. Default: 1
  --plain      print tables for a terminal instead of Markdown
`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      users: { type: "string", default: "10000" },
      thefts: { type: "string", default: "1000" },
      seed: { type: "string", default: "1" },
      plain: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  const result = await runRemember({
    users: wholeNumber("--users", values.users),
    thefts: wholeNumber("--thefts", values.thefts),
    seed: wholeNumber("--seed", values.seed),
  });
  process.stdout.write(`${rememberReport(result, values.plain ? "plain" : "markdown")}\n`);
  const faults = faultsOf(result);
  for (const fault of faults) process.stderr.write(`remember: ${fault}\n`);
  return faults.length > 0 ? 1 : 0;
}

await runProgram("remember", main);
