/**
 * The formats of a report, and where it goes.
 * @module
 */
import { writeFileSync } from "node:fs";
import { AuditError, systemReason } from "../errors.ts";
import { renderHtml } from "../report/html.ts";
import { renderJson } from "../report/json.ts";
import { renderMarkdown } from "../report/markdown.ts";
import type { Report } from "../report/report.ts";
import { renderSarif } from "../report/sarif.ts";
import { renderTerminal } from "../report/terminal.ts";
import type { CommandIo } from "./command.ts";

export const FORMATS = ["terminal", "json", "sarif", "markdown", "html"] as const;

export type Format = (typeof FORMATS)[number];

/** Where a report goes, and how it looks there. */
export interface Presentation {
  readonly format: Format;
  /** A file; without it, standard output. */
  readonly output: string | undefined;
  /** Whether colours were asked for or refused; without either, the terminal decides. */
  readonly color: boolean | undefined;
  readonly quiet: boolean;
}

/** @throws {AuditError} `AUDIT_OUTPUT` if the file cannot be written. */
export function present(report: Report, presentation: Presentation, io: CommandIo): void {
  const { output } = presentation;
  const text = rendered(report, presentation, io);
  if (output === undefined) io.out(text);
  else writeOutput(output, text);
}

/** @throws {AuditError} `AUDIT_OUTPUT` */
export function writeOutput(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (error) {
    throw new AuditError(
      "AUDIT_OUTPUT",
      `"${path}" ${systemReason(error)}; name a file that can be written.`,
      { path },
      { cause: error },
    );
  }
}

function rendered(report: Report, { format, color, output, quiet }: Presentation, io: CommandIo) {
  switch (format) {
    case "terminal":
      return renderTerminal(report, {
        color: color ?? (output === undefined && io.outHasColors),
        quiet,
        // Long lines are hard to read, whatever the window's width.
        ...(io.columns === undefined || output !== undefined
          ? {}
          : { width: Math.min(io.columns, 110) }),
      });
    case "json":
      return renderJson(report);
    case "sarif":
      return renderSarif(report);
    case "markdown":
      return renderMarkdown(report);
    case "html":
      return renderHtml(report);
  }
}
