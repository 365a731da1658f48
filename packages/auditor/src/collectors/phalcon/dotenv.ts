/**
 * A `.env` file that is part of the repository, where the application loads such files.
 * @module
 */
import type { Application } from "../application.ts";
import type { PhpValue } from "../php/php-value.ts";
import type { Tree } from "../tree.ts";

export function dotenvValues(tree: Tree, application: Application): ReadonlyMap<string, PhpValue> {
  const values = new Map<string, PhpValue>();
  const file = application.root === "." ? ".env" : `${application.root}/.env`;
  if (!tree.has(file)) return values;
  for (const [index, line] of (tree.read(file) ?? "").split("\n").entries()) {
    const match = /^(\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*)(["']?)(.*?)\3\s*$/.exec(
      line,
    );
    if (match === null) continue;
    const [, before = "", name = "", quote = "", written = ""] = match;
    const place = { file, line: index + 1, column: before.length + quote.length + 1 };
    values.set(name, { kind: "known", value: written, place });
  }
  return values;
}

/** The same value, with variables as the file sets them. */
export function withDotenv(value: PhpValue, dotenv: ReadonlyMap<string, PhpValue>): PhpValue {
  if (value.kind === "environment") return dotenv.get(value.name) ?? value;
  if (value.kind !== "array" || dotenv.size === 0) return value;
  const entries = new Map(
    [...value.entries].map(([key, entry]) => [key, withDotenv(entry, dotenv)]),
  );
  return { ...value, entries };
}
