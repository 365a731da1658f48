/**
 * The file in which a copy keeps how far it got. Holds names of stores, counts and the store's own cursor.
 * @module
 */
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";

/** How far a copy got, and what became of the sessions so far. */
export interface CopyState {
  /** Names of the stores: a cursor means nothing to another store. */
  readonly from: string;
  readonly to: string;
  readonly cursor: string | undefined;
  readonly moved: number;
  readonly skipped: number;
  readonly gone: number;
  readonly busy: number;
}

export function newCopy(names: Pick<CopyState, "from" | "to">): CopyState {
  return { ...names, cursor: undefined, moved: 0, skipped: 0, gone: 0, busy: 0 };
}

/** @returns `undefined` if there is no file: a copy that begins. */
export function readCopy(path: string): CopyState | "unreadable" | undefined {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  return parsed(text) ?? "unreadable";
}

function parsed(text: string): CopyState | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined; // Reported by the caller, with the name of the file.
  }
  if (typeof value !== "object" || value === null) return undefined;
  const state = value as Readonly<Record<keyof CopyState, unknown>>;
  const areTexts = [state.from, state.to, state.cursor].every((each) => typeof each === "string");
  const counts = [state.moved, state.skipped, state.gone, state.busy];
  const areCounts = counts.every((each) => Number.isInteger(each) && (each as number) >= 0);
  return areTexts && areCounts ? (value as CopyState) : undefined;
}

/** Whole or not at all: a copy that is killed while it writes goes on from the page before. */
export function saveCopy(path: string, state: CopyState): void {
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, `${JSON.stringify(state)}\n`);
  renameSync(temporary, path);
}

export function forgetCopy(path: string): void {
  rmSync(path, { force: true });
}
