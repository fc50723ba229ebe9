import { completeCommands } from "../../cli/complete-commands.ts";
import { createOperator } from "./operator.ts";
import type { Seeds } from "./seed-shops.ts";
import type { Stage } from "./stage.ts";
import { bold, cyan, dim } from "./terminal.ts";

/** Where to look, and what to try. */
export async function printWelcome(stage: Stage, seeds: Seeds, environmentFile: string): Promise<void> {
  const { fronts, runner, sandbox, migrationSecret, databaseUrl } = stage;
  const { body } = await createOperator(runner.url, migrationSecret).get<{ phase?: string; nextStep?: string }>(
    "/admin/token-health",
  );
  const shop = seeds.permanent[0] ?? seeds.expiring;
  const command = (text: string) => `npm run tokens -- ${text} --url ${runner.url}`;
  const authorization = '-H "Authorization: Bearer $MIGRATION_SECRET"';
  console.log(`
${bold("As a merchant")}, in any browser on this machine:
   ${cyan(fronts.localAdminUrl(shop))}   the app inside the Admin of one shop
   ${cyan(fronts.localUrl)}   all shops; install, uninstall, open

${bold("As the operator")}, in the browser: ${cyan(`${runner.url}/admin`)}   sign in with the secret below; or in another terminal:
   export MIGRATION_SECRET=${migrationSecret}
   export DATABASE_URL=${databaseUrl}
   curl -X POST ${runner.url}/admin/migrate-tokens ${authorization}
   curl ${runner.url}/admin/token-health ${authorization}
   ${command("doctor")}
   ${command("migrate")}

   ${cyan(environmentFile)}   what the app is started with: save it, and the app restarts (secrets and keys, as in docs/runbook.md)

${bold("As Shopify")}: ${cyan(fronts.controlUrl)}   what the simulator saw of every shop and token; time travel and faults
   curl -X POST ${sandbox.url}/control/rotateSecret   makes a second client secret, as the Dev Dashboard does
   curl -X POST ${sandbox.url}/control/revokeOldSecrets   revokes all but the newest

   The app is in the phase ${bold(body.phase ?? "?")}. ${completeCommands(body.nextStep ?? "", command)}
   ${dim(`awkward shops: ${[seeds.uninstalled, seeds.placeholder, seeds.expiring].join(", ")}`)}
   ${dim(`the app writes its log to ${runner.logFile}; the simulator's control API is ${sandbox.url}/control`)}

   Ctrl-C ends everything; nothing is kept.`);
}
