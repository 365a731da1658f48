/**
 * `holdfast migrate copy`: moves live sessions from one store to another in the background. It can be
 * stopped, and goes on where it was.
 * @module
 */
import { parseArgs } from "node:util";
import { SessionError } from "../errors.ts";
import { copySessions } from "../stores/migrating.ts";
import type { SessionStore } from "../stores/store.ts";
import { type CommandIo, failed, type Outcome } from "./command.ts";
import { type CopyState, forgetCopy, newCopy, readCopy, saveCopy } from "./copy-state.ts";
import { loadModule } from "./load-module.ts";

export const COPY_HELP = `Usage: holdfast migrate copy --stores MODULE [--cursor FILE] [--batch N] [--json]

Moves all live sessions from one store to another, beside live traffic. Run it when every
process has migratingStore(from, to, { phase: "move" }): see docs/moving-stores.md.
Ctrl-C stops it after the page it is at; started again, it goes on from there.

  --stores MODULE  a module that exports \`from\` and \`to\`, and \`close\` if something must be
                   closed for the program to end
  --cursor FILE    keeps how far it got, and is removed at the end.
                   Default: holdfast-copy.json
  --batch N        sessions per page, 1 to 10000. Default: 100
  --json           print a JSON object; progress still goes to stderr
  --help           print this

Exit codes: 0 all are moved, 1 stopped or some were busy: run it again, 2 could not run.`;

const DEFAULT_CURSOR = "holdfast-copy.json";
const PROGRESS_EVERY_MS = 1000;

interface Arguments {
  readonly stores: string;
  readonly cursor: string;
  readonly batch: number;
}

/** What a module given by `--stores` exports. */
interface Stores {
  readonly from: SessionStore;
  readonly to: SessionStore;
  close?(): unknown;
}

/** Runs the command; the first SIGINT stops it after the page it is at, a second one at once. */
export async function runCopy(args: readonly string[], io: CommandIo): Promise<Outcome> {
  if (args.includes("--help") || args.includes("-h")) {
    return { exitCode: 0, text: COPY_HELP, isRaw: true };
  }
  const read = readArguments(args);
  if (typeof read === "string") return failed(`${read}\n\n${COPY_HELP}`);
  const stores = await loadStores(read.stores);
  if (typeof stores === "string") return failed(stores);

  let stopping = false;
  const stop = () => {
    stopping = true;
    io.err("Stopping after this page.\n");
  };
  process.once("SIGINT", stop);
  try {
    return await copy(stores, read, io, () => stopping);
  } catch (error) {
    if (error instanceof SessionError) throw error;
    return failed(
      `A store failed (${nameOf(error)}). What was copied so far is kept; run it again to go on.`,
    );
  } finally {
    process.off("SIGINT", stop);
    await stores.from.close();
    await stores.to.close();
    await stores.close?.();
  }
}

/** Without the message: those of drivers may quote what is stored. */
function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const { code } = error as NodeJS.ErrnoException;
  return code === undefined ? error.name : `${error.name} ${code}`;
}

function readArguments(args: readonly string[]): Arguments | string {
  const options = {
    stores: { type: "string" },
    cursor: { type: "string", default: DEFAULT_CURSOR },
    batch: { type: "string", default: "100" },
    json: { type: "boolean" },
  } as const;
  try {
    const { values } = parseArgs({ args: [...args], options });
    const { stores, cursor } = values;
    const batch = Number(values.batch);
    if (stores === undefined || stores === "") {
      return "--stores is missing: a module that exports `from` and `to`.";
    }
    if (cursor === "") return "--cursor is empty; is a variable missing?";
    if (!Number.isInteger(batch) || batch < 1 || batch > 10_000) {
      return "--batch must be a whole number from 1 to 10000.";
    }
    return { stores, cursor, batch };
  } catch (error) {
    return (error as Error).message;
  }
}

/** @returns What is wrong with the module, if something is. */
async function loadStores(path: string): Promise<Stores | string> {
  const exported = await loadModule(path);
  if (typeof exported === "string") return exported;
  for (const name of ["from", "to"] as const) {
    const store = exported[name] as Partial<SessionStore> | undefined;
    if (typeof store?.get !== "function" || typeof store.delete !== "function") {
      return `"${path}" exports no store \`${name}\`; export the store itself, not a function or a promise.`;
    }
  }
  if (exported.from === exported.to)
    return `"${path}" exports one store as \`from\` and as \`to\`.`;
  return exported as unknown as Stores;
}

async function copy(
  { from, to }: Stores,
  { cursor: path, batch }: Arguments,
  io: CommandIo,
  isStopping: () => boolean,
): Promise<Outcome> {
  const names = { from: from.name, to: to.name };
  const known = readCopy(path);
  if (known === "unreadable") {
    return failed(`"${path}" is not the cursor of a copy; name another file with --cursor.`);
  }
  if (known !== undefined && (known.from !== names.from || known.to !== names.to)) {
    return failed(
      `"${path}" is of a copy from ${known.from} to ${known.to}, not from ${names.from} to ${names.to}; name another file with --cursor.`,
    );
  }
  let state: CopyState = known ?? newCopy(names);
  let toldAt: number | undefined;
  const { cursor } = state;
  for await (const page of copySessions(from, to, { cursor, batch, now: io.now })) {
    const { moved, skipped, gone, busy } = state;
    state = {
      ...names,
      moved: moved + page.moved,
      skipped: skipped + page.skipped,
      gone: gone + page.gone,
      busy: busy + page.busy,
      cursor: page.next,
    };
    if (page.next === undefined) break;
    saveCopy(path, state);
    if (toldAt === undefined || io.now() - toldAt >= PROGRESS_EVERY_MS) {
      toldAt = io.now();
      io.err(`${countsOf(state)}\n`);
    }
    if (isStopping()) return stopped(path, state);
  }
  forgetCopy(path);
  return ended(state);
}

function countsOf({ moved, skipped, gone }: CopyState): string {
  return `${moved} moved, ${skipped} dead and skipped, ${gone} gone meanwhile`;
}

function jsonOf({ moved, skipped, gone, busy }: CopyState, complete: boolean) {
  return { complete, moved, skipped, gone, busy };
}

function stopped(path: string, state: CopyState): Outcome {
  return {
    exitCode: 1,
    text: `Stopped: ${countsOf(state)}. Run it again to go on; ${path} says where.`,
    json: jsonOf(state, false),
    isReport: true,
  };
}

function ended(state: CopyState): Outcome {
  if (state.busy > 0) {
    return {
      exitCode: 1,
      text: `${countsOf(state)}; ${state.busy} were written too often to be moved. Run it again.`,
      json: jsonOf(state, false),
      isReport: true,
    };
  }
  return { exitCode: 0, text: `Done: ${countsOf(state)}.`, json: jsonOf(state, true) };
}
