/**
 * Tables for a terminal and for a README.
 * @module
 */

/** The first row is the head. */
export type Table = readonly (readonly string[])[];

/** Columns padded with blanks; numbers stay where the caller put them. */
export function plainTable(table: Table): string {
  const widths = widthsOf(table);
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd();
  const [head = [], ...rows] = table;
  const rule = widths.map((width) => "-".repeat(width));
  return [line(head), line(rule), ...rows.map(line)].join("\n");
}

export function markdownTable(table: Table): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  const [head = [], ...rows] = table;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

function widthsOf(table: Table): readonly number[] {
  const [head = []] = table;
  return head.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
}
