/**
 * `npm run bench`: what sessions cost, in CPU time, store operations and bytes on the wire. Exits with 2 if
 * nothing could be measured.
 * @module
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { runProgram, wholeNumber } from "../support/arguments.ts";
import { measure } from "./measure.ts";
import { benchReport, targetsOf } from "./report.ts";
import { systems } from "./systems/index.ts";
import { SERVERS, type ServerName } from "./systems/system.ts";

const help = `Usage: npm run bench -- [options]

  --rounds N            rounds, of which the median is taken. Default: 5
  --milliseconds N      length of one slice of load. Default: 50
  --sqlite-sessions N   sessions in the SQLite file beforehand. Default: 10000
  --servers A,B         servers whose systems are measured too: redis, postgres, mariadb. Each is started
                        for the purpose. Default: none
  --kilobytes N         size of a session. Default: 1
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
      servers: { type: "string", default: "" },
      kilobytes: { type: "string", default: "1" },
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
  // The server processes read it: the content of a session is theirs to make.
  process.env.HOLDFAST_BENCH_KILOBYTES = String(wholeNumber("--kilobytes", values.kilobytes));
  const result = await measure({
    rounds: wholeNumber("--rounds", values.rounds),
    milliseconds: wholeNumber("--milliseconds", values.milliseconds),
    fileSessions: wholeNumber("--sqlite-sessions", values["sqlite-sessions"]),
    servers: serverNames(values.servers),
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

function serverNames(list: string): readonly ServerName[] {
  const names = list.split(",").filter((name) => name !== "");
  const unknown = names.filter((name) => !isServerName(name));
  if (unknown.length > 0) {
    throw new Error(`--servers knows ${SERVERS.join(", ")}, and not ${unknown.join(", ")}`);
  }
  return names.filter(isServerName);
}

const isServerName = (name: string): name is ServerName =>
  (SERVERS as readonly string[]).includes(name);

await runProgram("bench", main);
