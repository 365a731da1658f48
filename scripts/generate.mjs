/**
 * Writes the pages that are derived from data; with `--check`, compares them in memory instead.
 * Reads the built package: run after `tsc -b`.
 * @module
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as auditorCatalogue from "./generators/auditor-catalogue.mjs";
import * as auditorControls from "./generators/auditor-controls.mjs";
import * as controls from "./generators/controls.mjs";
import * as errors from "./generators/errors.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

/** One per generated page: its `path`, and `generate`, which throws if the data is wrong. */
const generators = [errors, controls, auditorCatalogue, auditorControls];

/** Line endings are the checkout's business, not the generator's. */
function committed(file) {
  try {
    return readFileSync(file, "utf8").replaceAll("\r\n", "\n");
  } catch (error) {
    if (error.code !== "ENOENT") throw error;
    return undefined;
  }
}

function fail(text) {
  process.stderr.write(`${text}\n`);
  process.exitCode = 1;
}

async function write({ path, generate }, checking) {
  const file = join(root, path);
  const text = await generate();
  if (committed(file) === text) return;
  if (checking) {
    fail(`${path} is not what its source says: run \`npm run generate\`.`);
    return;
  }
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  process.stdout.write(`wrote ${path}\n`);
}

const checking = process.argv.includes("--check");
for (const generator of generators) {
  try {
    await write(generator, checking);
  } catch (error) {
    fail(`${generator.path} cannot be made. ${error.message}`);
  }
}
