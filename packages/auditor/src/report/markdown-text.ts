/**
 * Text inside of Markdown: prose with its code spans, code, tables. Everything else is escaped.
 * @module
 */
import { cleanLine, cleanLines } from "./clean-text.ts";

/** One line of prose. What stands between two backticks is code; nothing else is markup. */
export function prose(text: string): string {
  const parts = cleanLine(text).split("`");
  // An odd backtick opens nothing.
  if (parts.length % 2 === 0) return escaped(parts.join("'"));
  return parts.map((part, at) => (at % 2 === 0 ? escaped(part) : code(part))).join("");
}

/** A code span that its content cannot close. */
export function code(text: string): string {
  const content = cleanLine(text).replaceAll("`", "'").trim();
  return content === "" ? "" : `\`${content}\``;
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) =>
    // A bar ends a cell even inside of code, unless it is escaped.
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)];
}

/** A fence longer than any run of backticks in the code cannot be closed by it. */
export function fenced(text: string, indent = ""): string[] {
  const clean = cleanLines(text);
  const longest = Math.max(2, ...[...clean.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return [fence, ...clean.split("\n"), fence].map((line) => `${indent}${line}`);
}

/** Package names would be mentions of people; addresses would be links. */
const LIVE = /@[\w.-]+(?:\/[\w.-]+)?|\b(?:https?:\/\/|www\.)\S+/g;

function escaped(text: string): string {
  let result = "";
  let end = 0;
  for (const match of text.matchAll(LIVE)) {
    result += literal(text.slice(end, match.index)) + code(match[0]);
    end = match.index + match[0].length;
  }
  return result + literal(text.slice(end));
}

function literal(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replace(/[\\*_[\]>#~]/g, "\\$&")
    .replace(/^(\d+)([.)])(?=\s|$)/, "$1\\$2")
    .replace(/^([-+=])/, "\\$1");
}
