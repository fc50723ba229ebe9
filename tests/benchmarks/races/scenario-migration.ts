import { judge, type Outcome, share } from "./outcome.ts";
import { migrateOurs, migratePlain, type MigrationResult } from "./run-migration.ts";
import { ADMIN_LATENCY, onBoth, type Row, type ScenarioContext, shopNames, TOKEN_LATENCY } from "./scenario.ts";
import { startTraffic } from "./traffic.ts";
import { createWorld, type Kind } from "./world.ts";

type Result = Outcome & { migration: MigrationResult };

/** Merchants open and use the app, and webhooks and jobs run, while all their tokens are migrated. */
export async function scenarioMigration(context: ScenarioContext): Promise<Row[]> {
  const shops = shopNames("migrating", Math.max(40, Math.round(500 * context.scale)));
  const { plain, ours } = await onBoth((kind) => runOn(context, kind, shops));
  const scenario = `merchants' traffic while ${shops.length} shops are migrated`;
  const requests = ({ failed, answers }: Result) => share(failed, answers);
  return [
    {
      scenario,
      measure: "requests that failed",
      plain: requests(plain),
      ours: requests(ours),
      required: "0",
      holds: ours.failed === 0 && ours.answers > 0,
    },
    {
      scenario,
      measure: "shops orphaned",
      plain: share(plain.orphaned, shops.length),
      ours: share(ours.orphaned, shops.length),
      required: "0",
      holds: ours.orphaned === 0,
    },
    {
      scenario,
      measure: "permanent tokens left",
      plain: String(plain.migration.permanentTokens),
      ours: String(ours.migration.permanentTokens),
      required: "0",
      holds: ours.migration.permanentTokens === 0,
    },
  ];
}

async function runOn({ databases, seed, say }: ScenarioContext, kind: Kind, shops: string[]): Promise<Result> {
  const world = await createWorld({ kind, databases, seed });
  try {
    await world.install(shops.map((shop) => ({ shop, token: "permanent" as const })));
    await world.sandbox.client.faults.add(TOKEN_LATENCY);
    await world.sandbox.client.faults.add(ADMIN_LATENCY);
    const traffic = startTraffic(world, shops, { merchants: 16, mix: { open: 3, data: 4, webhook: 3 }, seed });
    const migration = await (kind === "ours" ? migrateOurs(world) : migratePlain(world));
    await traffic.stop();
    const outcome = { ...(await judge(world, shops, traffic.answers)), migration };
    say(`${kind}: ${JSON.stringify(outcome)}`);
    return outcome;
  } finally {
    await world.close();
  }
}
