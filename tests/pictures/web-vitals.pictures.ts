// Measures LCP, CLS and INP of the merchant's pages in the simulator's Admin, and writes docs/benchmarks/web-vitals.md.
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import type { Frame, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { appFrame, startAppWorld, type AppWorld } from "../browser/app-world.ts";

const OPENS = 20;
/** "Built for Shopify", at the 75th percentile. */
const LIMITS = { lcp: 2_500, cls: 0.1, inp: 200 };

interface Vitals {
  lcp: number;
  cls: number;
  inp: number;
}

let world: AppWorld;
beforeAll(async () => {
  world = await startAppWorld("expand");
});
afterAll(() => world?.close());

test("LCP, CLS and INP at the 75th percentile", async () => {
  const shop = "web-vitals.myshopify.com";
  await world.sandbox.client.installShop(shop, { token: "none", name: "Alder & Ash" });
  const measured: Vitals[] = [];
  for (let open = 0; open <= OPENS; open++) {
    const { page } = await world.openPage("denied");
    await page.addInitScript(observeVitals);
    await page.goto(world.fronts.adminUrl(shop));
    const frame = await appFrame(page, "Alder & Ash");
    await interact(page, frame);
    const vitals = await frame.evaluate(() => (window as unknown as { vitals: Vitals }).vitals);
    // The first is the process's first request as well.
    if (open > 0) measured.push(vitals);
    await page.context().close();
  }
  const p75 = {
    lcp: percentile(measured.map(({ lcp }) => lcp)),
    cls: percentile(measured.map(({ cls }) => cls)),
    inp: percentile(measured.map(({ inp }) => inp)),
  };
  writeFileSync("docs/benchmarks/web-vitals.md", report(p75));
  expect(p75.lcp).toBeLessThanOrEqual(LIMITS.lcp);
  expect(p75.cls).toBeLessThanOrEqual(LIMITS.cls);
  expect(p75.inp).toBeLessThanOrEqual(LIMITS.inp);
});

/** A merchant checks the connection, looks at its history and comes back. */
async function interact(page: Page, frame: Frame): Promise<void> {
  await frame.getByRole("button", { name: "Check the connection" }).click();
  await frame.getByText(/^Shopify answered for/).waitFor();
  await frame.getByRole("link", { name: "View connection details" }).click();
  await frame.getByRole("heading", { level: 1, name: "Connection" }).waitFor();
  await frame.getByRole("button", { name: "Copy reference" }).click();
  // Event timings are reported after the next paint.
  await page.waitForTimeout(300);
}

/** Runs in each document before its own scripts. */
function observeVitals(): void {
  const vitals = { lcp: 0, cls: 0, inp: 0 };
  Object.assign(window, { vitals });
  const observe = (type: string, each: (entry: PerformanceEntry) => void, extra = {}) =>
    new PerformanceObserver((list) => list.getEntries().forEach(each)).observe({ type, buffered: true, ...extra });
  observe("largest-contentful-paint", ({ startTime }) => (vitals.lcp = startTime));
  observe("layout-shift", (entry) => {
    const { value, hadRecentInput } = entry as PerformanceEntry & { value: number; hadRecentInput: boolean };
    if (!hadRecentInput) vitals.cls += value;
  });
  const worst = (entry: PerformanceEntry) => {
    if ((entry as PerformanceEntry & { interactionId?: number }).interactionId) {
      vitals.inp = Math.max(vitals.inp, entry.duration);
    }
  };
  observe("event", worst, { durationThreshold: 16 });
}

function percentile(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.ceil(values.length * 0.75) - 1] ?? Number.NaN;
}

function report({ lcp, cls, inp }: Vitals): string {
  return `# Web vitals of the merchant's pages

Measured by \`npm run web-vitals\`: the production build in the simulator's Admin, in a browser that denies the app site data. A merchant
opens the app, checks the connection, opens its history and copies the reference; ${OPENS} times, each in a new browser context. Layout
shifts are summed over the whole visit, which is stricter than CLS's windows; INP is the slowest interaction of a visit.

| at the 75th percentile | measured | "Built for Shopify" asks for |
| --- | --- | --- |
| Largest Contentful Paint | ${Math.round(lcp)} ms | ≤ ${LIMITS.lcp} ms |
| Cumulative Layout Shift | ${cls.toFixed(3)} | ≤ ${LIMITS.cls} |
| Interaction to Next Paint | ${Math.round(inp)} ms | ≤ ${LIMITS.inp} ms |

Machine: ${cpus().length} cores, ${cpus()[0]?.model.trim() ?? "unknown"}; browser, simulator, database and app side by side. A merchant's network is not in
these numbers.
`;
}
