/**
 * Writes the pages that are derived from data; with `--check`, compares them in memory instead.
 * Reads the built package: run after `tsc -b`.
 * @module
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

/** A `|` would end the cell. */
function cell(text) {
  return String(text).replaceAll("|", "\\|");
}

function table(head, rows) {
  const lines = [head, head.map(() => "---"), ...rows];
  return lines.map((cells) => `| ${cells.map(cell).join(" | ")} |`).join("\n");
}

async function errorsPage() {
  const { refusalReasons, sessionErrors } = await import("../packages/runtime/dist/errors.js");
  const errors = Object.entries(sessionErrors).map(([code, text]) => [`\`${code}\``, text]);
  const refusals = Object.entries(refusalReasons).map(([reason, { status, text }]) => [
    `\`${reason}\``,
    status,
    text,
  ]);
  return `<!-- Written by \`npm run generate\` from packages/runtime/src/errors.ts; edit that file. -->

# Errors

## SessionError

Thrown for broken set-up and broken infrastructure. \`code\` is stable; \`details\` is data for
machines. Neither the message nor \`details\` holds a token, a key, a subject or session data.

${table(["Code", "Meaning"], errors)}

## SessionRefusal

The one thing that a browser can cause to be thrown: the session declines what the handler asked
for. Adapters answer it with the status; a handler may catch it and answer itself.

${table(["Reason", "Status", "Answer"], refusals)}
`;
}

/** One row per generated page. */
const generators = [{ path: "docs/reference/errors.md", generate: errorsPage }];

/** Line endings are the checkout's business, not the generator's. */
function committed(file) {
  try {
    return readFileSync(file, "utf8").replaceAll("\r\n", "\n");
  } catch (error) {
    if (error.code !== "ENOENT") throw error;
    return undefined;
  }
}

const checking = process.argv.includes("--check");
for (const { path, generate } of generators) {
  const file = join(root, path);
  const text = await generate();
  if (committed(file) === text) continue;
  if (checking) {
    process.stderr.write(`${path} is not what its source says: run \`npm run generate\`.\n`);
    process.exitCode = 1;
  } else {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    process.stdout.write(`wrote ${path}\n`);
  }
}
