/**
 * The proofs one by one: `node bench/dist/prove/main.js sweep`. Exits with 1 if a claim does not hold.
 * @module
 */
import { parseArgs } from "node:util";
import { runProgram, wholeNumber } from "../support/arguments.ts";
import { proveFiles } from "./files.ts";
import { proveKill } from "./kill.ts";
import { type Proof, proofText } from "./proof.ts";
import { proveRolling } from "./rolling.ts";
import { proveSweep } from "./sweep.ts";

interface ProofCommand {
  readonly help: string;
  /** How much of it, if `--count` does not say. */
  readonly count: number;
  run(count: number, seed: number): Promise<Proof>;
}

const commands: Readonly<Record<string, ProofCommand>> = {
  sweep: {
    help: "sweep that many expired sessions, and look at the event loop",
    count: 500_000,
    run: (count) => proveSweep({ expired: count, alive: 1000 }),
  },
  kill: {
    help: "kill a server that often under load, and look at what is left",
    count: 50,
    run: (count, seed) => proveKill({ times: count, seed }),
  },
  rolling: {
    help: "run two releases side by side, with that many users each",
    count: 20,
    run: (count) => proveRolling({ users: count }),
  },
  files: {
    help: "search a copy of the files of that many users",
    count: 20,
    run: (count) => proveFiles({ users: count }),
  },
};

const help = `Usage: node bench/dist/prove/main.js PROOF [options]

${Object.entries(commands)
  .map(([name, { help: text, count }]) => `  ${name.padEnd(8)} ${text}. Default: ${count}`)
  .join("\n")}

  --count N   how much of it
  --seed N    repeats the random timings. Default: 1
  --json      print a JSON object
`;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      count: { type: "string" },
      seed: { type: "string", default: "1" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const [name = ""] = positionals;
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (values.help || command === undefined) {
    process.stdout.write(help);
    return values.help ? 0 : 2;
  }
  const count = values.count === undefined ? command.count : wholeNumber("--count", values.count);
  const proof = await command.run(count, wholeNumber("--seed", values.seed));
  process.stdout.write(
    values.json ? `${JSON.stringify(proof, null, 2)}\n` : `${proofText(proof)}\n`,
  );
  return proof.holds ? 0 : 1;
}

await runProgram("prove", main);
