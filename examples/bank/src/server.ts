/**
 * Starts the bank: `node dist/server.js [--port N] [--data DIR | --memory]`.
 * @module
 */
import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { createKeyring, type SessionEvent } from "holdfast";
import { createBank } from "./bank.ts";
import { openKeyFile } from "./key-file.ts";
import { listen } from "./listen.ts";
import { demoCustomers } from "./seed.ts";

const USAGE = `Usage: npm start -- [--port N] [--data DIR [--passphrase-file FILE] | --memory]

  --port N    Listen on this port, or the next one that is free. Default: PORT, or 3000
  --data DIR  Keep the database and the key file here. Default: examples/bank/.data
  --memory    Keep nothing: customers and sessions are gone when the server ends
  --passphrase-file FILE
              Seal the keys of sessions with the passphrase in this file, 20 characters or more
`;

const STOP_SECONDS = 5;

function readArguments() {
  const { values } = parseArgs({
    options: {
      port: { type: "string", default: process.env.PORT || "3000" },
      data: { type: "string", default: fileURLToPath(new URL("../.data", import.meta.url)) },
      memory: { type: "boolean", default: false },
      "passphrase-file": { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  const port = Number(values.port);
  if (!/^\d+$/.test(values.port) || port > 65_535) {
    throw new Error(`"--port" must be a number from 0 to 65535, not ${values.port}`);
  }
  return { ...values, port };
}

type Arguments = ReturnType<typeof readArguments>;

/** Where sessions and customers live, and the keys that seal what is in them. */
async function openStorage({ data, memory, "passphrase-file": passphraseFile }: Arguments) {
  if (memory) {
    return { database: ":memory:", keyring: createKeyring({ bytes: randomBytes(32) }) };
  }
  // The database has addresses and names in it: for this user alone.
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const sealed = passphraseFile === undefined ? "" : "sealed-";
  const keyFile = join(data, `${sealed}holdfast.keys`);
  const keyring = await openKeyFile(keyFile, passphraseFile, () =>
    process.stdout.write(`Made a key file: ${keyFile}\n`),
  );
  return { database: join(data, "bank.db"), keyring };
}

/** What an operator should hear of at once; the audit page has the rest. */
const TROUBLE = /^(commit\.failed|store\.|clock\.|option\.unsafe|cookie\.undeliverable)/;

function reportTrouble(event: SessionEvent): void {
  if (TROUBLE.test(event.type)) process.stderr.write(`${JSON.stringify(event)}\n`);
}

async function start(): Promise<void> {
  const options = readArguments();
  if (options.help) {
    process.stdout.write(USAGE);
    return;
  }
  const bank = await createBank({ ...(await openStorage(options)), onEvent: reportTrouble });
  const { server, port } = await listen(bank.app, options.port, (taken) =>
    process.stdout.write(`Port ${taken} is taken; trying the next one.\n`),
  );
  const accounts = demoCustomers.map(
    ({ login, password, role }) => `  ${login.padEnd(6)} ${password.padEnd(19)} ${role}`,
  );
  process.stdout.write(
    `\nTidewater Bank is open at http://127.0.0.1:${port}\n\nDemonstration accounts, as first made:\n${accounts.join("\n")}\n\n`,
  );

  const stop = () => {
    // Requests that are being answered may finish; connections that only wait are closed.
    server.close(() => {
      bank.close().catch((error: unknown) => {
        process.stderr.write(`${error instanceof Error ? error.stack : error}\n`);
        process.exitCode = 1;
      });
    });
    server.closeIdleConnections();
    setTimeout(() => server.closeAllConnections(), STOP_SECONDS * 1000).unref();
  };
  // Once: a second signal ends the process the usual way.
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
}

start().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 2;
});
