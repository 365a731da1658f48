import { expect, it } from "vitest";
import { durationMs } from "./duration.ts";

for (const [written, expected] of [
  [5, 5],
  ["1d", 86_400_000],
  ["2 hours", 7_200_000],
  ["10m", 600_000],
  ["30", 30],
  ["1y", 31_557_600_000],
  ["soon", undefined],
  [null, undefined],
] as const) {
  it(`reads ${written} as ${expected}`, () => {
    expect(durationMs(written)).toBe(expected);
  });
}
