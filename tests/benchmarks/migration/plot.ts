import type { Point } from "./scenario.ts";

const WIDTH = 720;
const HEIGHT = 320;
const BOX = { left: 64, right: 64, top: 40, bottom: 48 };

/** Time per migrated shop and peak memory over the rows of the table, as an SVG that reads on light and dark pages. */
export function plotRows(points: readonly Point[]): string {
  const series = [
    { name: "ms per migrated shop", color: "#2563eb", side: "left", values: points.map((p) => p.millisecondsPerShop) },
    { name: "peak memory, MB", color: "#d97706", side: "right", values: points.map((p) => p.peakMemoryMb) },
  ] as const;
  const [low, high] = [Math.log10(points[0]!.rows), Math.log10(points.at(-1)!.rows)];
  const x = (rows: number) =>
    BOX.left + ((Math.log10(rows) - low) / (high - low || 1)) * (WIDTH - BOX.left - BOX.right);
  const tops = series.map(({ values }) => niceAbove(Math.max(...values)));
  const y = (value: number, top: number) => HEIGHT - BOX.bottom - (value / top) * (HEIGHT - BOX.top - BOX.bottom);
  const parts: string[] = [];
  for (let i = 0; i <= 4; i++) {
    const at = y(i, 4);
    parts.push(
      `<line x1="${BOX.left}" x2="${WIDTH - BOX.right}" y1="${at}" y2="${at}" stroke="#94a3b8" stroke-opacity=".35"/>`,
    );
    parts.push(text(BOX.left - 8, at + 4, String((tops[0]! * i) / 4), "end", series[0].color));
    parts.push(text(WIDTH - BOX.right + 8, at + 4, String((tops[1]! * i) / 4), "start", series[1].color));
  }
  for (const { rows } of points)
    parts.push(text(x(rows), HEIGHT - BOX.bottom + 20, rows.toLocaleString("en"), "middle", "#64748b"));
  parts.push(text(WIDTH / 2, HEIGHT - 8, "rows of Session", "middle", "#64748b"));
  series.forEach(({ name, color, side, values }, s) => {
    const places = values.map((value, i) => [x(points[i]!.rows), y(value, tops[s]!)] as const);
    parts.push(
      `<polyline fill="none" stroke="${color}" stroke-width="2" points="${places.map((p) => p.map((n) => n.toFixed(1)).join(",")).join(" ")}"/>`,
    );
    for (const [cx, cy] of places)
      parts.push(`<circle cx="${cx.toFixed(1)}" cy="${cy.toFixed(1)}" r="4" fill="${color}"/>`);
    parts.push(
      text(side === "left" ? BOX.left : WIDTH - BOX.right, 22, name, side === "left" ? "start" : "end", color),
    );
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="Time per migrated shop and peak memory over the rows of the table" font-family="system-ui, sans-serif" font-size="12">\n${parts.join("\n")}\n</svg>\n`;
}

function niceAbove(value: number): number {
  const unit = 10 ** Math.floor(Math.log10(value || 1));
  return [1, 2, 4, 8, 10].map((factor) => factor * unit).find((top) => top >= value * 1.1) ?? 20 * unit;
}

function text(x: number, y: number, words: string, anchor: string, color: string): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}" fill="${color}">${words}</text>`;
}
