import type { Merchant } from "../merchant.ts";
import type { Report } from "../report.ts";
import type { Seeds } from "../seed-shops.ts";
import type { Stage } from "../stage.ts";

/** What every step of the tour plays with. */
export interface TourContext {
  stage: Stage;
  report: Report;
  merchant: Merchant;
  seeds: Seeds;
  /** What the app is started with, beside its phase, from now on. */
  env: Record<string, string>;
  /** Merchants who come during the tour, one for each way in. */
  shops: { legacy: string; exchanged: string; oauth: string; late: string; stray: string };
}
