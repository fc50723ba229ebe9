// Takes a picture of each state of the operator's console: npm run screenshots.
import { mkdirSync } from "node:fs";
import { afterAll, beforeAll, test } from "vitest";
import { startAppWorld, type AppWorld } from "../browser/app-world.ts";
import { openOperatorState, signInOperator, type OperatorBrowser } from "../browser/open-operator-state.ts";
import { OPERATOR_STATES, seedConsole } from "../browser/operator-states.ts";

const FOLDER = "docs/pictures";
const IN_THE_DARK = new Set(["rollout", "run-at-work", "shop-needs-merchant"]);

let world: AppWorld;
let operator: OperatorBrowser;

beforeAll(async () => {
  mkdirSync(FOLDER, { recursive: true });
  world = await startAppWorld("expand");
  await seedConsole(world);
  operator = await signInOperator(world);
});
afterAll(() => world?.close());

test.each(OPERATOR_STATES)("$name", async (state) => {
  const isContract = state.name === "rollout-contract";
  if (isContract) {
    await state.arrange?.(world);
    operator = await signInOperator(world);
  }
  const stranger = async () => ({ context: (await world.openPage("allowed")).page.context(), errors: [] });
  const browser = state.signedOut ? await stranger() : operator;
  const page = await openOperatorState(world, browser, isContract ? { ...state, arrange: undefined } : state);
  const take = (name: string) => page.screenshot({ path: `${FOLDER}/operator-${name}.png`, fullPage: true });
  await take(state.name);
  if (IN_THE_DARK.has(state.name)) {
    await page.emulateMedia({ colorScheme: "dark" });
    await take(`${state.name}-dark`);
    await page.emulateMedia({ colorScheme: "light" });
  }
  if (state.name === "rollout") {
    await page.setViewportSize({ width: 360, height: 760 });
    await take("rollout-360px");
  }
  await page.close();
});
