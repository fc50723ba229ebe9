// Proves how a run under way is shown in logs and to machines.
import { expect, it } from "vitest";
import { jsonView, lineView } from "./progress-view.ts";
import { RUN, UNDER_WAY } from "./test-views.ts";

it("logs a line every ten seconds, and at once when something is new", () => {
  const lines: string[] = [];
  let at = Date.parse("2026-11-23T10:00:00Z");
  const view = lineView(
    (line) => lines.push(line),
    () => new Date(at),
  );
  const wave = (number: number) => ({ number, of: 2, percent: 10 });
  view.run({ ...UNDER_WAY, wave: wave(1) });
  for (const left of [9, 8, 7]) {
    at += 1_000;
    view.run({ ...UNDER_WAY, wave: wave(1), notice: `Shopify asked to wait: ${left} s more` });
  }
  at += 1_000;
  view.run({ ...UNDER_WAY, wave: wave(2), notice: "Shopify asked to wait: 6 s more" });
  at += 10_000;
  view.run({ ...UNDER_WAY, wave: wave(2), notice: "Shopify asked to wait: 6 s more" });
  view.run(RUN);
  expect(lines.map((line) => line.slice(0, 8))).toEqual(["10:00:00", "10:00:01", "10:00:04", "10:00:14"]);
  view.end();
  expect(lines.at(-1)).toBe("10:00:14  completed: 1,000/1,000 shops (100%)");
});

it("writes a run for machines whenever it has changed", () => {
  const lines: string[] = [];
  const view = jsonView((line) => lines.push(line));
  view.run(UNDER_WAY);
  view.run({ ...UNDER_WAY });
  view.run(RUN);
  expect(lines.map((line) => (JSON.parse(line) as typeof RUN).status)).toEqual(["running", "completed"]);
});
