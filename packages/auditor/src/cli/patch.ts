/**
 * The fixes that are safe to make mechanically, as a unified diff. Writes no file of the application.
 * @module
 */
import { join } from "node:path";
import { MAX_FILE_BYTES, openTree } from "../collectors/tree.ts";
import type { Fix } from "../report/report.ts";
import { readFileBounded } from "./read-file.ts";

export type Edit = NonNullable<Fix["edit"]>;

export interface Patch {
  /** Unified diff with paths from the folder, for `git apply` and `patch -p1`; `""` without a change. */
  readonly text: string;
  /** Edits that are in it. */
  readonly made: readonly Edit[];
}

/** Lines around a change, as `diff -u` has them. */
const CONTEXT_LINES = 3;

/** Control characters but tabs and line ends. */
const STEERING = /(?![\t\r\n])\p{Cc}/u;

/** @param folder The audited folder. */
export function patchOf(folder: string, edits: readonly Edit[]): Patch {
  const tree = openTree(folder);
  const made: Edit[] = [];
  const parts: string[] = [];
  for (const file of [...new Set(edits.map((edit) => edit.file))].sort()) {
    if (!tree.has(file)) continue;
    const text = textOf(join(tree.folder, file));
    if (text === undefined) continue;
    const fitting = fittingEdits(
      text.body,
      edits.filter((edit) => edit.file === file),
    );
    const diff = fileDiff(file, text, fitting);
    // A patch must hold the lines as they are, so it may hold none that steers a terminal.
    if (diff === "" || STEERING.test(diff)) continue;
    parts.push(diff);
    made.push(...fitting);
  }
  return { text: parts.join(""), made };
}

interface FileText {
  /** A byte order mark, which offsets of edits do not count. */
  readonly mark: string;
  readonly body: string;
}

/** @returns `undefined` for what cannot be read, or is no UTF-8: a patch of it would not fit. */
function textOf(path: string): FileText | undefined {
  let bytes: Buffer;
  try {
    bytes = readFileBounded(path, { limitBytes: MAX_FILE_BYTES, followLinks: false });
  } catch {
    // Gone or changed since it was audited: its fixes are listed instead.
    return undefined;
  }
  const text = bytes.toString("utf8");
  if (!Buffer.from(text).equals(bytes) || text.includes("\0")) return undefined;
  return text.startsWith("\uFEFF")
    ? { mark: "\uFEFF", body: text.slice(1) }
    : { mark: "", body: text };
}

/** In order, without those that overlap one before, say nothing new, or do not fit the text. */
function fittingEdits(text: string, edits: readonly Edit[]): Edit[] {
  const sorted = [...edits].sort((left, right) => left.start - right.start || left.end - right.end);
  const fitting: Edit[] = [];
  let end = -1;
  for (const edit of sorted) {
    const isInside = edit.start >= 0 && edit.start <= edit.end && edit.end <= text.length;
    if (!isInside || edit.start <= end || text.slice(edit.start, edit.end) === edit.text) continue;
    fitting.push(edit);
    end = edit.end;
  }
  return fitting;
}

/** A run of lines that are replaced. */
interface Change {
  /** First line, from 0. */
  readonly from: number;
  /** Line after the last. */
  readonly to: number;
  readonly lines: readonly string[];
}

function fileDiff(file: string, { mark, body }: FileText, edits: readonly Edit[]): string {
  if (edits.length === 0) return "";
  const lines = linesOf(mark + body);
  const shifted = edits.map((edit) => ({
    ...edit,
    start: edit.start + mark.length,
    end: edit.end + mark.length,
  }));
  const changes = changesOf(lines, mark + body, shifted);
  const name = quoted(`a/${file}`);
  const head = `--- ${name}\n+++ ${quoted(`b/${file}`)}\n`;
  let drift = 0;
  let text = head;
  for (const group of groupsOf(changes)) {
    const added = group.reduce(
      (sum, change) => sum + change.lines.length - (change.to - change.from),
      0,
    );
    text += hunk(lines, group, drift);
    drift += added;
  }
  return text;
}

/** Lines with their line ends, so that `\r\n` stays what it is. */
function linesOf(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

function changesOf(lines: readonly string[], text: string, edits: readonly Edit[]): Change[] {
  const starts: number[] = [];
  let at = 0;
  for (const line of lines) {
    starts.push(at);
    at += line.length;
  }
  const lineAt = (offset: number) => {
    const after = starts.findIndex((start) => start > offset);
    return after === -1 ? Math.max(lines.length - 1, 0) : after - 1;
  };
  const changes: Change[] = [];
  let pending: Edit[] = [];
  let [from, to] = [0, 0];
  const flush = () => {
    if (pending.length === 0) return;
    const start = starts[from] ?? 0;
    const end = starts[to] ?? text.length;
    changes.push({ from, to, lines: linesOf(edited(text, start, end, pending)) });
    pending = [];
  };
  for (const edit of edits) {
    const first = lineAt(edit.start);
    // The line of the last character that goes, not of the one after it.
    const last = lineAt(Math.max(edit.start, edit.end - 1));
    if (pending.length > 0 && first >= to) flush();
    if (pending.length === 0) from = first;
    to = Math.max(pending.length === 0 ? 0 : to, last + 1);
    pending.push(edit);
  }
  flush();
  return changes;
}

function edited(text: string, start: number, end: number, edits: readonly Edit[]): string {
  let result = "";
  let at = start;
  for (const edit of edits) {
    result += text.slice(at, edit.start) + edit.text;
    at = edit.end;
  }
  return result + text.slice(at, end);
}

/** Changes whose contexts touch share a hunk. */
function groupsOf(changes: readonly Change[]): Change[][] {
  const groups: Change[][] = [];
  for (const change of changes) {
    const group = groups.at(-1);
    const last = group?.at(-1);
    if (group !== undefined && last !== undefined && change.from - last.to <= 2 * CONTEXT_LINES) {
      group.push(change);
    } else {
      groups.push([change]);
    }
  }
  return groups;
}

function hunk(lines: readonly string[], group: readonly Change[], drift: number): string {
  const [first] = group;
  const last = group.at(-1);
  if (first === undefined || last === undefined) return "";
  const from = Math.max(first.from - CONTEXT_LINES, 0);
  const to = Math.min(last.to + CONTEXT_LINES, lines.length);
  let body = "";
  let at = from;
  let count = 0;
  for (const change of group) {
    body += marked(" ", lines.slice(at, change.from));
    body += marked("-", lines.slice(change.from, change.to));
    body += marked("+", change.lines);
    count += change.lines.length - (change.to - change.from);
    at = change.to;
  }
  body += marked(" ", lines.slice(at, to));
  return `@@ -${from + 1},${to - from} +${from + 1 + drift},${to - from + count} @@\n${body}`;
}

function marked(mark: string, lines: readonly string[]): string {
  return lines
    .map((line) =>
      line.endsWith("\n") ? `${mark}${line}` : `${mark}${line}\n\\ No newline at end of file\n`,
    )
    .join("");
}

/** As git quotes names: in C's manner, if one holds what would end a line or steer a terminal. */
function quoted(name: string): string {
  if (!/["\\]|\p{Cc}|\P{ASCII}/u.test(name)) return name.includes(" ") ? `${name}\t` : name;
  const bytes = [...Buffer.from(name)].map((byte) => {
    const character = String.fromCharCode(byte);
    if (character === '"' || character === "\\") return `\\${character}`;
    return byte < 0x20 || byte > 0x7e ? `\\${byte.toString(8).padStart(3, "0")}` : character;
  });
  return `"${bytes.join("")}"`;
}
