/** Charts: well-formed, and to scale. */
import { describe, expect, it } from "vitest";
import { barChart, lineChart } from "../src/results/chart.ts";

describe("charts", () => {
  it("draw bars in proportion, the shortest first, and escape their labels", () => {
    const svg = barChart("A < B", "µs", [
      { label: "slow & old", value: 100, isOurs: false },
      { label: "fast", value: 25, isOurs: true },
    ]);
    const widths = [...svg.matchAll(/<rect class="(\w+)"[^>]* width="([\d.]+)"/g)];
    expect(widths.map(([, kind]) => kind)).toEqual(["ours", "other"]);
    const [short, long] = widths.map(([, , width]) => Number(width));
    expect((long ?? 0) / (short ?? 1)).toBeCloseTo(4, 1);
    expect(svg).toContain("A &#60; B");
    expect(svg).toContain("slow &#38; old");
  });

  it("draw lines over a logarithmic axis", () => {
    const points = [
      [100, 10],
      [1000, 10],
      [10_000, 20],
    ] as const;
    const svg = lineChart("Growth", "µs", [{ label: "ours", isOurs: true, points }]);
    const [, path = ""] = /points="([^"]+)"/.exec(svg) ?? [];
    const drawn = path.split(" ").map((pair) => pair.split(",").map(Number));
    const [first, second, third] = drawn.map(([x]) => x ?? 0);
    expect((third ?? 0) - (second ?? 0)).toBeCloseTo((second ?? 0) - (first ?? 0), 0);
    expect(drawn[2]?.[1]).toBeLessThan(drawn[0]?.[1] ?? 0);
  });
});
