/**
 * Spans of time as people write them in configuration: `"7d"`, `"2 hours"`.
 * @module
 */

const UNITS: readonly (readonly [RegExp, number])[] = [
  [/^(?:ms|milli)/, 1],
  [/^(?:mo|month)/, 2_592_000_000],
  [/^(?:m|min)/, 60_000],
  [/^s/, 1000],
  [/^h/, 3_600_000],
  [/^d/, 86_400_000],
  [/^w/, 604_800_000],
  [/^y/, 31_557_600_000],
];

/** Milliseconds of a span of time; a number is taken as milliseconds. */
export function durationMs(value: unknown): number | undefined {
  if (typeof value === "number") return value;
  if (typeof value !== "string") return undefined;
  const match = /^\s*(-?\d+(?:\.\d+)?)\s*([a-z]*)\s*$/i.exec(value);
  if (match?.[1] === undefined) return undefined;
  const unit = (match[2] ?? "").toLowerCase();
  const factor = unit === "" ? 1 : UNITS.find(([name]) => name.test(unit))?.[1];
  return factor === undefined ? undefined : Number(match[1]) * factor;
}
