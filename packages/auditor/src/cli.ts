#!/usr/bin/env node
/**
 * The `holdfast-audit` program: finds the command and runs it. Knows no command from inside.
 * @module
 */
import { readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import type { Command, CommandIo, ExitCode } from "./cli/command.ts";
import { programHelp } from "./cli/help.ts";
import { reportCommand } from "./cli/report.ts";
import { sourceCommand } from "./cli/source.ts";
import { AuditError } from "./errors.ts";
import { cleanLines } from "./report/clean-text.ts";

const commands: readonly Command[] = [sourceCommand, reportCommand];

/**
 * Runs one command line.
 *
 * @param args Without the program's own name.
 * @returns The exit code; nothing is thrown.
 */
export async function main(args: readonly string[], io: CommandIo): Promise<ExitCode> {
  const [name, ...rest] = args;
  if (name === "--help" || name === "-h" || name === "help") {
    io.out(`${programHelp(commands)}\n`);
    return 0;
  }
  if (name === "--version") {
    io.out(`${io.toolVersion}\n`);
    return 0;
  }
  const command = commands.find((known) => known.name === name);
  if (command === undefined) {
    const message = name === undefined ? "" : `There is no command "${cleanLines(name)}".\n\n`;
    io.err(`${message}${programHelp(commands)}\n`);
    return 2;
  }
  if (rest.includes("--help") || rest.includes("-h")) {
    io.out(`${command.help}\n`);
    return 0;
  }
  try {
    return await command.run(rest, io);
  } catch (error) {
    io.err(`${cleanLines(messageOf(error, command))}\n`);
    return 2;
  }
}

function messageOf(error: unknown, { name }: Command): string {
  if (!(error instanceof AuditError)) {
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return `The audit itself failed, which is a fault of this program; please report it:\n${stack}`;
  }
  if (error.code !== "AUDIT_OPTION") return error.message;
  return `${error.message}\n\`holdfast-audit ${name} --help\` lists all options.`;
}

function readVersion(): string {
  const manifest = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(manifest) as { readonly version: string }).version;
}

/** Changes with every release, and with every build of a working copy. */
function buildMark(): string {
  const folder = fileURLToPath(new URL(".", import.meta.url));
  const times = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".js"))
    .map((name) => statSync(join(folder, name)).mtimeMs);
  return `${readVersion()} ${times.length} ${Math.max(0, ...times)}`;
}

/** The user's own cache folder: what is audited can neither read nor write it. */
function cacheFolder(): string {
  const base = process.env.XDG_CACHE_HOME || join(homedir(), ".cache");
  return join(base, "holdfast-audit");
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
  // V8 lets a heap double before it looks again. Syntax trees live until the end, and a large repository should
  // be audited beside other work: a quarter less memory for a tenth more time.
  setFlagsFromString("--heap-growing-percent=40");
  // A reader that has seen enough (`| head`) is no failure.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
  // Not process.exit: it would cut off output that a pipe has not taken yet.
  process.exitCode = await main(process.argv.slice(2), {
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
    now: () => new Date(),
    outHasColors: process.stdout.isTTY === true && process.stdout.hasColors(),
    columns: process.stdout.isTTY === true ? process.stdout.columns : undefined,
    errIsTerminal: process.stderr.isTTY === true,
    loadAuditor: async () => {
      const [{ auditSource }, { controls, everydayControls }] = await Promise.all([
        import("./audit.ts"),
        import("./controls/index.ts"),
      ]);
      return {
        auditSource: ({ isRemembered, ...options }) => {
          // A part of the files says nothing of the whole.
          if (!isRemembered || options.files !== undefined) return auditSource(options);
          const cache = { folder: cacheFolder(), version: buildMark() };
          return auditSource({ ...options, cache });
        },
        controlIds: controls.map(({ id }) => id),
        everydayIds: everydayControls.map(({ id }) => id),
      };
    },
    toolVersion: readVersion(),
  });
}
