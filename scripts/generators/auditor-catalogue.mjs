/**
 * packages/auditor/src/controls/catalogue.ts, from docs/data/controls.json: the numbers that reports quote.
 * @module
 */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

export const path = "packages/auditor/src/controls/catalogue.ts";

const list = (values) => `[${values.map((value) => JSON.stringify(value)).join(", ")}]`;

export function generate() {
  const controls = JSON.parse(readFileSync(join(root, "docs/data/controls.json"), "utf8"));
  const rows = controls.map(
    ({ id, title, asvs, wstg, cwe }) => `  "${id}": {
    title: ${JSON.stringify(title)},
    asvs: ${list(asvs)},
    wstg: ${list(wstg)},
    cwe: ${list(cwe)},
  },`,
  );
  return `/**
 * Numbers of other catalogues, by control number. Generated from docs/data/controls.json.
 * @module
 */

/** Sections of ASVS 5.0 and WSTG, and CWE numbers. */
export interface CatalogueEntry {
  readonly title: string;
  readonly asvs: readonly string[];
  readonly wstg: readonly string[];
  readonly cwe: readonly number[];
}

export const catalogue: Readonly<Record<string, CatalogueEntry>> = {
${rows.join("\n")}
};
`;
}
