import type { BrowserContextOptions, Frame, Page } from "playwright-core";
import { readyFrame, type AppWorld } from "./app-world.ts";
import type { MerchantState } from "./merchant-states.ts";

export interface OpenedState {
  shop: string;
  page: Page;
  /** What holds the app's page: its frame in the Admin, or the page itself. */
  frame: Frame;
  errors: string[];
  answeredAfterMs: number;
  /** Opens the same page in another language of the Admin. */
  reopenIn(locale: string): Promise<void>;
}

export interface OpenStateOptions extends BrowserContextOptions {
  /** Which sentence to wait for; default: the state's own, in English. */
  shows?: string | RegExp;
  /** While the state lasts. */
  look?(opened: OpenedState): Promise<void>;
}

let serial = 0;

/** Brings a state about, for a shop of its own, opens its page, lets `look` at it, and ends what concerns other shops. */
export async function openState(
  world: AppWorld,
  state: MerchantState,
  { shows = state.shows, look, ...options }: OpenStateOptions = {},
): Promise<OpenedState> {
  const shop = `${state.name}-${++serial}.myshopify.com`;
  await state.arrange?.(world, shop);
  try {
    const { page, errors } = await world.openPage("denied", options);
    const startedAt = performance.now();
    const address = state.outside ? `https://app.sandbox.test` : world.fronts.adminUrl(shop);
    const going = page.goto(address + (state.path ?? ""));
    await Promise.all([going, state.during?.(world, shop)]);
    const shown = (state.outside ? page : page.frameLocator("#app-frame")).getByText(shows).first();
    await shown.waitFor();
    const answeredAfterMs = performance.now() - startedAt;
    const frame = state.outside ? page.mainFrame() : await readyFrame(page);
    await frame.waitForFunction(isTakenOver);
    const src = state.outside ? page.url() : await page.locator("#app-frame").getAttribute("src");
    const reopenIn = async (locale: string) => {
      const url = new URL(src!);
      url.searchParams.set("locale", locale);
      await frame.goto(url.href);
      await frame.locator(`html[lang="${locale}"]`).waitFor({ state: "attached" });
      await frame.waitForFunction(isTakenOver);
    };
    const opened = { shop, page, frame, errors, answeredAfterMs, reopenIn };
    await look?.(opened);
    return opened;
  } finally {
    await state.restore?.(world, shop);
  }
}

function isTakenOver(): boolean {
  return "__remixRouteModules" in window;
}
