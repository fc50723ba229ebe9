// Proves the curve of what is left, and the forecast against the deadline.
import { expect, it } from "vitest";
import { forecastWords } from "../../../pages/parts/burn-down-chart.tsx";
import { burnDown, LOOKED_BACK_DAYS } from "./burn-down.ts";

const now = Date.parse("2026-11-27T12:00:00Z");

it("counts back from what is left now", () => {
  const { points } = burnDown({ left: 100, migrated: { "2026-11-27": 10, "2026-11-25": 5 }, now });
  expect(points).toHaveLength(LOOKED_BACK_DAYS + 1);
  expect(points.slice(-4).map(({ left }) => left)).toEqual([115, 110, 110, 100]);
  expect(points[0]!.left).toBe(115);
});

it.each([
  [0, {}, "Nothing is left to migrate, 35 days before 1 Jan 2027."],
  [100, {}, "Nothing was migrated in the last 7 days. At this pace all 100 are still permanent on 1 Jan 2027."],
  [
    65,
    { "2026-11-26": 65 },
    "At the pace of the last 7 days (10 a day) the last one goes on 4 Dec 2026, 28 days before 1 Jan 2027.",
  ],
  [1_000, { "2026-11-26": 65 }, "At the pace of the last 7 days (10 a day) 655 are still permanent on 1 Jan 2027."],
])("%s left after %j: %s", (left, migrated, words) => {
  expect(forecastWords(burnDown({ left, migrated, now }))).toBe(words);
});

it("forecasts nothing once the day has passed", () => {
  const late = Date.parse("2027-01-02T00:00:00Z");
  expect(forecastWords(burnDown({ left: 3, migrated: {}, now: late }))).toBe(
    "1 Jan 2027 has passed with 3 permanent tokens left to migrate.",
  );
});
