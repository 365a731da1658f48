/**
 * Bars and lines as SVG, readable on a light and on a dark page.
 * @module
 */

export interface Bar {
  readonly label: string;
  readonly value: number;
  /** Ours are told apart by colour. */
  readonly isOurs: boolean;
}

const WIDTH = 760;
const LABEL_WIDTH = 300;
const ROW = 26;
const TOP = 46;
const RIGHT = 70;

/** Colours that hold their contrast on white and on black. */
const style = `<style>
  text { font: 13px system-ui, sans-serif; fill: #57606a; }
  .title { font-weight: 600; font-size: 15px; }
  .ours { fill: #0a7d55; stroke: #0a7d55; } .other { fill: #8c959f; stroke: #8c959f; }
  .axis { stroke: #8c959f; stroke-width: 1; }
  @media (prefers-color-scheme: dark) { text { fill: #adbac7; } .ours { fill: #2fb380; stroke: #2fb380; } }
</style>`;

/** Horizontal bars, the shortest first. */
export function barChart(title: string, unit: string, bars: readonly Bar[]): string {
  const sorted = [...bars].sort((left, right) => left.value - right.value);
  const most = Math.max(...sorted.map(({ value }) => value), 1);
  const height = TOP + sorted.length * ROW + 12;
  const rows = sorted.map(({ label, value, isOurs }, n) => {
    const y = TOP + n * ROW;
    const length = (Math.max(0, value) / most) * (WIDTH - LABEL_WIDTH - RIGHT);
    return `<text x="${LABEL_WIDTH - 10}" y="${y + 14}" text-anchor="end">${escapeXml(label)}</text>
<rect class="${isOurs ? "ours" : "other"}" x="${LABEL_WIDTH}" y="${y}" width="${length.toFixed(1)}" height="18" rx="2"/>
<text x="${(LABEL_WIDTH + length + 8).toFixed(1)}" y="${y + 14}">${value.toFixed(0)} ${unit}</text>`;
  });
  return svg(height, title, rows);
}

export interface Line {
  readonly label: string;
  readonly isOurs: boolean;
  /** Logarithmic in x, from 0 in y. */
  readonly points: readonly (readonly [x: number, y: number])[];
}

const PLOT_HEIGHT = 240;
const LEFT = 64;

/** Lines over a logarithmic number of sessions. */
export function lineChart(title: string, unit: string, lines: readonly Line[]): string {
  const points = lines.flatMap((line) => line.points);
  const [low, high] = [Math.min, Math.max].map((pick) =>
    Math.log10(pick(...points.map(([x]) => x))),
  );
  const most = Math.max(...points.map(([, y]) => y)) * 1.15;
  const x = (value: number) =>
    LEFT +
    ((Math.log10(value) - (low ?? 0)) / ((high ?? 1) - (low ?? 0) || 1)) * (WIDTH - LEFT - 190);
  const y = (value: number) => TOP + PLOT_HEIGHT - (value / most) * PLOT_HEIGHT;
  const ticks = [...new Set(points.map(([value]) => value))].map(
    (value) =>
      `<text x="${x(value).toFixed(1)}" y="${TOP + PLOT_HEIGHT + 20}" text-anchor="middle">${value.toLocaleString("en")}</text>`,
  );
  const levels = [0, 0.5, 1].map((part) => {
    const value = most * part;
    return `<text x="${LEFT - 8}" y="${(y(value) + 4).toFixed(1)}" text-anchor="end">${value.toFixed(0)} ${unit}</text>`;
  });
  const drawn = lines.map(({ label, points: of, isOurs }) => {
    const path = of.map(([a, b]) => `${x(a).toFixed(1)},${y(b).toFixed(1)}`).join(" ");
    const [lastX, lastY] = of.at(-1) ?? [1, 0];
    return `<polyline class="${isOurs ? "ours" : "other"}" style="fill:none;stroke-width:2" points="${path}"/>
<text x="${(x(lastX) + 8).toFixed(1)}" y="${(y(lastY) + 4).toFixed(1)}">${escapeXml(label)}</text>`;
  });
  const axes = `<path class="axis" style="fill:none" d="M${LEFT} ${TOP}V${TOP + PLOT_HEIGHT}H${WIDTH - 170}"/>`;
  return svg(TOP + PLOT_HEIGHT + 34, title, [axes, ...levels, ...ticks, ...drawn]);
}

function svg(height: number, title: string, content: readonly string[]): string {
  const label = escapeXml(title);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${label}">
${style}
<text class="title" x="10" y="24">${label}</text>
${content.join("\n")}
</svg>
`;
}

function escapeXml(text: string): string {
  return text.replace(/[<>&"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
