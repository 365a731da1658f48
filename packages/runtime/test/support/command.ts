/**
 * The `holdfast` command in this process, and modules for its options.
 * @module
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { main } from "../../src/cli/main.ts";

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** @param now The clock of the command, in Unix epoch milliseconds. */
export async function holdfast(args: readonly string[], now: number = Date.now()): Promise<Ran> {
  let out = "";
  let err = "";
  const io = {
    out: (text: string) => {
      out += text;
    },
    err: (text: string) => {
      err += text;
    },
    now: () => now,
  };
  const code = await main(args, io);
  return { code, out, err };
}

let modules = 0;

/** A module in the folder that exports these. @returns Its path. */
export function moduleOf(folder: string, exported: Readonly<Record<string, unknown>>): string {
  modules += 1;
  const shelf = `holdfastKeysTest${modules}`;
  Object.assign(globalThis, { [shelf]: exported });
  const path = join(folder, `module-${modules}.mjs`);
  const names = Object.keys(exported).map((name) => `export const ${name} = shelf.${name};`);
  writeFileSync(path, `const shelf = globalThis.${shelf};\n${names.join("\n")}\n`);
  return path;
}
