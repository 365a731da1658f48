/**
 * Loads what an option of the command line names: a module of the application.
 * @module
 */
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

/** What a module exports, by name. */
export type Exported = Readonly<Record<string, unknown>>;

/** @returns What is wrong with the module, if it cannot be loaded. */
export async function loadModule(path: string): Promise<Exported | string> {
  try {
    return await import(pathToFileURL(resolve(path)).href);
  } catch (error) {
    return `"${path}" could not be loaded: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** Calls the module's `close`, where it has one: what it opened may keep the program from ending. */
export async function closeModule(exported: Exported): Promise<void> {
  if (typeof exported.close === "function") await exported.close();
}
