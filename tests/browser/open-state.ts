import type { BrowserContextOptions, Frame, Page } from "playwright-core";
import { readyFrame, type AppWorld } from "./app-world.ts";
import type { MerchantState } from "./merchant-states.ts";

export interface OpenedState {
  page: Page;
  /** What holds the app's page: its frame in the Admin, or the page itself. */
  frame: Frame;
  errors: string[];
  answeredAfterMs: number;
}

let serial = 0;

/**
 * Brings a state about, for a shop of its own, and opens its page.
 * @param shows which sentence to wait for; default: the state's own, in English.
 */
export async function openState(
  world: AppWorld,
  state: MerchantState,
  { shows = state.shows, ...options }: BrowserContextOptions & { shows?: string | RegExp } = {},
): Promise<OpenedState> {
  const shop = `${state.name}-${++serial}.myshopify.com`;
  await state.arrange?.(world, shop);
  try {
    const { page, errors } = await world.openPage("denied", options);
    const startedAt = performance.now();
    await page.goto(
      state.outside ? `https://app.sandbox.test${state.path ?? ""}` : world.fronts.adminUrl(shop) + (state.path ?? ""),
    );
    const shown = (state.outside ? page : page.frameLocator("#app-frame")).getByText(shows).first();
    await shown.waitFor();
    const answeredAfterMs = performance.now() - startedAt;
    if (!state.outside) return { page, frame: await readyFrame(page), errors, answeredAfterMs };
    await page.waitForFunction(() => "__remixRouteModules" in window);
    return { page, frame: page.mainFrame(), errors, answeredAfterMs };
  } finally {
    await state.restore?.(world, shop);
  }
}
