/**
 * `node bench/dist/throttle/main.js`: how many of a million guesses reach the password check. Exits with 1 if
 * more do than the budgets allow, or if an owner on a known device is refused.
 * @module
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { runProgram, wholeNumber } from "../support/arguments.ts";
import { throttleFaults, throttleReport } from "./report.ts";
import { simulateGuessing } from "./simulate.ts";

const help = `Usage: node bench/dist/throttle/main.js [options]

  --guesses N     guesses of the attackers. Default: 1000000
  --accounts N    accounts that they guess at. Default: 1000
  --addresses N   addresses that they guess from. Default: 10000
  --hours N       simulated time. Default: 24
  --owners N      owners who sign in every hour. Default: 100
  --seed N        repeats the attack. Default: 1
  --json FILE     write everything that was counted
`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      guesses: { type: "string", default: "1000000" },
      accounts: { type: "string", default: "1000" },
      addresses: { type: "string", default: "10000" },
      hours: { type: "string", default: "24" },
      owners: { type: "string", default: "100" },
      seed: { type: "string", default: "1" },
      json: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  const result = await simulateGuessing({
    guesses: wholeNumber("--guesses", values.guesses),
    accounts: wholeNumber("--accounts", values.accounts),
    addresses: wholeNumber("--addresses", values.addresses),
    hours: wholeNumber("--hours", values.hours),
    owners: wholeNumber("--owners", values.owners),
    seed: wholeNumber("--seed", values.seed),
    onProgress: (text) => process.stderr.write(`throttle: ${text}\n`),
  });
  process.stdout.write(`${throttleReport(result)}\n`);
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(result, null, 2)}\n`);
  const faults = throttleFaults(result);
  for (const fault of faults) process.stderr.write(`throttle: ${fault}\n`);
  return faults.length > 0 ? 1 : 0;
}

await runProgram("throttle", main);
