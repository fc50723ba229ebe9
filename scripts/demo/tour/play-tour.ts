import { createMerchant } from "../merchant.ts";
import { createReport, ensureEqual } from "../report.ts";
import type { Seeds } from "../seed-shops.ts";
import type { Stage } from "../stage.ts";
import { bold, dim, green, red, since } from "../terminal.ts";
import { playContract } from "./contract.ts";
import { playExpand } from "./expand.ts";
import { playLeftovers } from "./leftovers.ts";
import { playLegacy } from "./legacy.ts";
import { playMigrate } from "./migrate.ts";
import { playRotation } from "./rotation.ts";
import type { TourContext } from "./tour-context.ts";
import { playWrongOrder } from "./wrong-order.ts";

const SHOPS = {
  legacy: "first-customer.myshopify.com",
  exchanged: "second-customer.myshopify.com",
  oauth: "third-customer.myshopify.com",
  late: "late-customer.myshopify.com",
  stray: "stray-customer.myshopify.com",
};

/**
 * Plays legacy → expand → migrate → a new client secret → contract on the stage and proves each step. Returns whether all of it holds; prints what was
 * done, and at a failure what the app said last.
 */
export async function playTour(stage: Stage, seeds: Seeds): Promise<boolean> {
  const start = performance.now();
  const report = createReport();
  const merchant = createMerchant(stage.fronts.httpsPort);
  const context: TourContext = { stage, seeds, report, merchant, shops: SHOPS, env: {} };
  try {
    await report.step("Legacy: the app as it was", "TOKEN_EXCHANGE_ENABLED=false", () => playLegacy(context));
    await report.step("Expand: both doors open", "TOKEN_EXCHANGE_ENABLED=true", () => playExpand(context));
    await report.step("The wrong order is refused", "", () => playWrongOrder(context));
    await report.step("Migrate", "POST /admin/migrate-tokens", () => playMigrate(context));
    await report.step("What Shopify does not serve keeps nobody", "", () => playLeftovers(context));
    await report.step("A new client secret", "SHOPIFY_API_SECRET_PREVIOUS=…", () => playRotation(context));
    await report.step("Contract: the legacy door closed", "LEGACY_INSTALL_FLOW_ENABLED=false", () =>
      playContract(context),
    );
    await report.check("in all of this no token or secret was in a log line or a URL", async () => {
      const sightings = [
        ...(await stage.sandbox.client.ledger.secretSightings()),
        ...(await stage.sandbox.client.ledger.findSecrets(stage.runner.logs())),
      ];
      ensureEqual(sightings.map(({ secret, where }) => `${secret} in ${where}`).join(", "), "", "sightings");
    });
  } catch (error) {
    console.log(red(`\nThis does not hold: ${error instanceof Error ? error.message : String(error)}`));
    if (error instanceof Error && error.name !== "CheckFailed" && error.stack) console.log(dim(error.stack));
    console.log(dim(`\nThe app's last words:\n${stage.runner.logs().trimEnd().split("\n").slice(-15).join("\n")}`));
    return false;
  } finally {
    await merchant.close().catch(() => {});
  }
  const { steps, checks } = report.summary();
  console.log(`\n${green(bold("All of it holds"))}: ${steps} steps, ${checks} checks, ${since(start)}.`);
  return true;
}
