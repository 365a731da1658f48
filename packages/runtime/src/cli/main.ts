#!/usr/bin/env node
/**
 * The `holdfast` program: finds the command, runs it and prints its outcome. Knows no command from inside.
 * @module
 */
import { readFileSync, realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Command, type CommandIo, type ExitCode, failed, type Outcome } from "./command.ts";
import { keysCommand } from "./keys.ts";
import { migrateCommand } from "./migrate.ts";

const commands: readonly Command[] = [keysCommand, migrateCommand];

/**
 * Runs one command line.
 *
 * @param args Without the program's own name.
 * @returns The exit code; nothing is thrown.
 */
export async function main(args: readonly string[], io: CommandIo): Promise<ExitCode> {
  const outcome = await run(args, io);
  print(outcome, args.includes("--json"), io);
  return outcome.exitCode;
}

async function run(args: readonly string[], io: CommandIo): Promise<Outcome> {
  const [name, ...rest] = args;
  if (name === "--help" || name === "-h" || name === "help") {
    return { exitCode: 0, text: help(), isRaw: true };
  }
  if (name === "--version") {
    const version = readVersion();
    return { exitCode: 0, text: version, json: { version } };
  }
  const command = commands.find((known) => known.name === name);
  if (command === undefined) {
    return failed(name === undefined ? help() : `There is no command "${name}".\n\n${help()}`);
  }
  try {
    return await command.run(rest, io);
  } catch (error) {
    return failed(error instanceof Error ? error.message : String(error));
  }
}

function print({ text, json, exitCode, isReport, isRaw }: Outcome, asJson: boolean, io: CommandIo) {
  const isFailure = exitCode !== 0 && isReport !== true;
  if (asJson && isRaw !== true) {
    const ok = exitCode === 0;
    io.out(
      `${JSON.stringify({ ok, ...json, ...(isFailure ? { message: text } : {}) }, null, 2)}\n`,
    );
  } else if (isFailure) {
    io.err(`${text}\n`);
  } else {
    io.out(`${text}\n`);
  }
}

function help(): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  const list = commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`);
  return `Usage: holdfast <command> [options]

Commands:
${list.join("\n")}

\`holdfast <command> --help\` tells more; \`holdfast --version\` prints the version.
Exit codes: 0 done, 1 refused or attention needed, 2 could not run.`;
}

function readVersion(): string {
  const manifest = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(manifest) as { readonly version: string }).version;
}

// npm starts the program through a symbolic link, so the names are compared after following it.
function isStartedDirectly(): boolean {
  const [, script] = process.argv;
  if (script === undefined) return false;
  try {
    return realpathSync(script) === fileURLToPath(import.meta.url);
  } catch {
    // The script is not a file: the module was imported by something else.
    return false;
  }
}

if (isStartedDirectly()) {
  // Not process.exit: it would cut off output that a pipe has not taken yet.
  process.exitCode = await main(process.argv.slice(2), {
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
    now: Date.now,
  });
}
