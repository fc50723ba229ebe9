// Takes a picture of every state of the merchant's pages, in the simulator's Admin, for docs/pictures/.
import { mkdirSync } from "node:fs";
import { afterAll, beforeAll, test } from "vitest";
import { TRANSLATIONS } from "../../app/components/language/translations.server.ts";
import { startAppWorld, type AppWorld } from "../browser/app-world.ts";
import { MERCHANT_STATES } from "../browser/merchant-states.ts";
import { openState } from "../browser/open-state.ts";

const FOLDER = "docs/pictures";

let world: AppWorld;
beforeAll(async () => {
  mkdirSync(FOLDER, { recursive: true });
  world = await startAppWorld("expand");
});
afterAll(() => world?.close());

test.each(MERCHANT_STATES)("$name", async (state) => {
  const { page } = await openState(world, state, { viewport: { width: 1280, height: state.path ? 1000 : 760 } });
  await page.screenshot({ path: `${FOLDER}/merchant-${state.name}.png` });
  await page.context().close();
});

const history = MERCHANT_STATES.find(({ name }) => name === "connection")!;

test.each(["de", "fr", "ja"] as const)("the connection in %s", async (language) => {
  const shows = TRANSLATIONS[language].messages.history.heading;
  const { page } = await openState(world, history, {
    locale: language,
    shows,
    viewport: { width: 1280, height: 1000 },
  });
  await page.screenshot({ path: `${FOLDER}/merchant-connection-${language}.png` });
  await page.context().close();
});

test("the home page on a phone", async () => {
  const healthy = MERCHANT_STATES.find(({ name }) => name === "healthy")!;
  const { page } = await openState(world, healthy, { viewport: { width: 320, height: 760 } });
  await page.screenshot({ path: `${FOLDER}/merchant-healthy-320px.png` });
  await page.context().close();
});
