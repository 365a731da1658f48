/**
 * INI files line by line, with the place of every value: php.ini, FPM pools, and applications' own.
 * @module
 */
import type { Place } from "../../evidence.ts";

export interface IniEntry {
  /** `""` before the first section. */
  readonly section: string;
  readonly key: string;
  /** Without its quotes. */
  readonly value: string;
  /** Whether the value was in quotes: `on` in quotes is a word. */
  readonly isQuoted: boolean;
  /** Of the value, quotes left out. */
  readonly place: Place;
}

const LINE = /^(\s*([^=;#[\]\s][^=;]*?)\s*=\s*)(.*)$/;

export function readIni(file: string, text: string): readonly IniEntry[] {
  const entries: IniEntry[] = [];
  let section = "";
  let offset = 0;
  for (const [index, full] of text.split("\n").entries()) {
    const line = full.replace(/\r$/, "");
    const header = /^\s*\[([^\]]*)\]/.exec(line);
    const match = /^\s*[;#]/.test(line) ? null : LINE.exec(line);
    if (header?.[1] !== undefined) section = header[1].trim();
    else if (match !== null) {
      const [, before = "", key = "", rest = ""] = match;
      const { value, skipped } = unquoted(rest);
      const column = before.length + skipped;
      entries.push({
        section,
        key: key.trim(),
        value,
        isQuoted: skipped > 0,
        place: {
          file,
          line: index + 1,
          column: column + 1,
          span: { start: offset + column, end: offset + column + value.length },
        },
      });
    }
    offset += full.length + 1;
  }
  return entries;
}

/** @returns The value, and how many characters before it are no part of it. */
function unquoted(written: string): { readonly value: string; readonly skipped: number } {
  const quote = written[0];
  if (quote === '"' || quote === "'") {
    const end = written.indexOf(quote, 1);
    if (end !== -1) return { value: written.slice(1, end), skipped: 1 };
  }
  return { value: written.replace(/\s*(;.*)?$/, ""), skipped: 0 };
}
