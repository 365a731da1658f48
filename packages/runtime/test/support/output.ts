/**
 * What a leak is looked for in: everything that the process prints, and everything that can be seen of a value.
 * @module
 */
import { inspect } from "node:util";
import { vi } from "vitest";

/** Everything that the process prints from now on, until the mocks are restored. */
export function spyOnOutput(): string[] {
  const printed: string[] = [];
  const note = (...values: unknown[]) => void printed.push(values.map(shown).join(" "));
  for (const method of ["log", "info", "warn", "error", "debug", "trace"] as const) {
    vi.spyOn(console, method).mockImplementation(note);
  }
  for (const stream of [process.stdout, process.stderr]) {
    vi.spyOn(stream, "write").mockImplementation((text) => {
      note(text);
      return true;
    });
  }
  vi.spyOn(process, "emitWarning").mockImplementation(note as never);
  return printed;
}

/** As loud as a logger gets: everything that can be seen of a value, causes and copies included. */
export function shown(value: unknown): string {
  const looks = [
    inspect(value, { depth: 20, showHidden: true, getters: true, maxStringLength: null }),
  ];
  if (value instanceof Error) looks.push(value.stack ?? "", shown(value.cause ?? ""));
  try {
    looks.push(JSON.stringify(value) ?? "", JSON.stringify({ ...(value as object) }));
  } catch {
    // A value that cannot be serialised is not logged that way.
  }
  return looks.join("\n");
}
