// Takes a picture of every state of the merchant's pages, in the simulator's Admin, for docs/pictures/.
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { afterAll, beforeAll, test } from "vitest";
import { TRANSLATIONS } from "../../app/components/language/translations.server.ts";
import { startAppWorld, type AppWorld } from "../browser/app-world.ts";
import { MERCHANT_STATES, type MerchantState } from "../browser/merchant-states.ts";
import { openState } from "../browser/open-state.ts";

const FOLDER = "docs/pictures";

let world: AppWorld;
beforeAll(async () => {
  mkdirSync(FOLDER, { recursive: true });
  world = await startAppWorld("expand");
});
afterAll(() => world?.close());

test.each(MERCHANT_STATES)("$name", async (state) => {
  const { page } = await openState(world, state, { viewport: { width: 1280, height: heightOf(state) } });
  await page.screenshot({ path: `${FOLDER}/merchant-${state.name}.png` });
  await page.context().close();
});

/** The page of the connection is long. */
function heightOf({ name }: MerchantState): number {
  return name === "connection" ? 1_130 : 760;
}

const history = MERCHANT_STATES.find(({ name }) => name === "connection")!;

test.for(["de", "fr", "ja"] as const)("the connection in %s", async (language, { skip }) => {
  if (language === "ja" && !hasJapaneseFont())
    skip("no font of this machine has Japanese: the picture that is there stays");
  const shows = TRANSLATIONS[language].messages.history.heading;
  const { page } = await openState(world, history, {
    locale: language,
    shows,
    viewport: { width: 1280, height: heightOf(history) },
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

/** Without one, a browser draws boxes. */
function hasJapaneseFont(): boolean {
  const { status, stdout } = spawnSync("fc-list", [":lang=ja", "file"], { encoding: "utf8" });
  return status !== 0 || stdout.trim() !== "";
}
