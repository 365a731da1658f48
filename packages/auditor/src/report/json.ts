/**
 * The report as JSON, in its versioned format: `schema/report-1.0.schema.json`.
 * @module
 */
import { cleanJson } from "./clean-text.ts";
import type { Report } from "./report.ts";

/** @returns JSON with a line feed at its end, safe to print on a terminal. */
export function renderJson(report: Report): string {
  return `${cleanJson(JSON.stringify(report, null, 2))}\n`;
}
