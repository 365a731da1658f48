/**
 * The environment an application starts with, as far as its repository sets it: `.env` files that are loaded.
 * Templates (`.env.example`) and files for development or tests do not count, unless code loads them by name.
 * @module
 */
import { posix } from "node:path";
import type { Place } from "../../evidence.ts";
import type { Tree } from "../tree.ts";
import { namedEnvironments } from "./named-environments.ts";

export interface EnvironmentVariable {
  readonly value: string;
  readonly place: Place;
}

/** Later files win, as dotenv-flow and Next.js have it. */
const LOADED = [".env", ".env.production", ".env.local", ".env.production.local"];
const LOCAL = /\b(?:localhost|127\.0\.0\.1)\b/;
const ASSIGNMENT = /^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(.*)$/;

/**
 * Variables of the files that are committed at the root of the application, and of those that its code names.
 *
 * @param scripts Where the code is that may name some.
 */
export function environmentOf(
  tree: Tree,
  root: string,
  scripts: readonly string[],
): ReadonlyMap<string, EnvironmentVariable> {
  const variables = new Map<string, EnvironmentVariable>();
  const byRule = LOADED.map((name) => posix.normalize(posix.join(root, name)));
  // What is loaded later sets nothing that is set already.
  const named = namedEnvironments(tree, root, scripts).filter((file) => !byRule.includes(file));
  for (const file of [...[...named].reverse(), ...byRule]) {
    const text = tree.read(file);
    if (text === undefined) continue;
    for (const [key, variable] of readEnvironment(file, text)) {
      // Nobody's production is on the machine of who wrote the template: there it has another value.
      if (named.includes(file) && LOCAL.test(variable.value)) continue;
      variables.set(key, variable);
    }
  }
  return variables;
}

function readEnvironment(file: string, text: string): ReadonlyMap<string, EnvironmentVariable> {
  const variables = new Map<string, EnvironmentVariable>();
  let offset = 0;
  for (const [index, line] of text.split("\n").entries()) {
    const match = ASSIGNMENT.exec(line.replace(/\r$/, ""));
    if (match?.[1] !== undefined) {
      const raw = match[2] ?? "";
      const value = unquoted(raw);
      const column = line.length - raw.length + (line.endsWith("\r") ? 0 : 0);
      const start = offset + line.indexOf(value, line.indexOf("=") + 1);
      variables.set(match[1], {
        value,
        place: {
          file,
          line: index + 1,
          column: Math.max(1, column + 1),
          ...(value !== "" && { span: { start, end: start + value.length } }),
        },
      });
    }
    offset += line.length + 1;
  }
  return variables;
}

function unquoted(raw: string): string {
  const text = raw.trim();
  const quoted = /^(["'`])([\s\S]*?)\1/.exec(text);
  if (quoted !== null) return quoted[2] ?? "";
  return text.replace(/\s+#.*$/, "");
}
