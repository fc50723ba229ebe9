import { createOperator, migrateToTheEnd } from "../operator.ts";
import { ensure, ensureEqual } from "../report.ts";
import type { TourContext } from "./tour-context.ts";

const SHOPS = {
  frozen: "frozen-customer.myshopify.com",
  closed: "closed-customer.myshopify.com",
  uninstalled: "gone-customer.myshopify.com",
};

interface Health {
  verdict: string;
  migratableTokens: number;
  unservedTokens: Record<string, number>;
  nextStep: string;
}

/** 5. A frozen, a closed and an uninstalled shop: the run ends, each is named with its reason, and nothing is left to do. */
export async function playLeftovers({ stage, report }: TourContext): Promise<void> {
  const { client } = stage.sandbox;
  const operator = createOperator(stage.runner.url, stage.migrationSecret);
  for (const shop of Object.values(SHOPS)) {
    const { accessToken } = await client.installShop(shop, { token: "permanent" });
    await stage.database.query(
      `INSERT INTO "Session" ("id", "shop", "state", "scope", "accessToken") VALUES ($1, $2, '', 'read_products', $3)`,
      [`offline_${shop}`, shop, accessToken],
    );
  }
  await client.freeze(SHOPS.frozen);
  await client.close(SHOPS.closed);
  await client.uninstall(SHOPS.uninstalled, { webhook: false });

  await report.check(
    "a run over a frozen, a closed and an uninstalled shop ends, and names each with its reason",
    async () => {
      const { run } = await migrateToTheEnd(operator);
      ensureEqual(run.status, "completed", "the run");
      ensureEqual(run.migratableTokens, 0, "tokens that could still be migrated");
      const named = new Map(run.failures.map(({ shop, code }) => [shop, code]));
      for (const shop of Object.values(SHOPS)) ensure(named.get(shop), `${shop} is not among the failures`);
      ensureEqual(named.get(SHOPS.frozen), "frozen", "the frozen shop's code");
    },
  );
  await report.check(
    "nothing is left to migrate: health is clean, with the numbers beside it, and contract is next",
    async () => {
      const { status, body } = await operator.get<Health>("/admin/token-health");
      ensureEqual(`${status} ${body.verdict} ${body.migratableTokens}`, "200 clean 0", "token health");
      ensureEqual(body.unservedTokens["frozen"], 1, "frozen shops beside it");
      ensure(body.nextStep.startsWith("Contract"), `the next step is: ${body.nextStep}`);
    },
  );
}
