/**
 * A `.env` file that is part of the repository, where the application loads such files.
 * @module
 */
import type { Application } from "../../application.ts";
import { parseEnv } from "../../config/env-file.ts";
import type { PhpValue } from "../../php/php-value.ts";
import type { Tree } from "../../tree.ts";

export function dotenvValues(tree: Tree, application: Application): ReadonlyMap<string, PhpValue> {
  const file = application.root === "." ? ".env" : `${application.root}/.env`;
  const text = tree.read(file) ?? "";
  return new Map(
    parseEnv(text, file).map(({ name, value, place }) => [name, { kind: "known", value, place }]),
  );
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
