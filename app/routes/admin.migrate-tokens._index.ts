import { forOperator } from "../operator/access/operator-access.server.ts";
import { showLatestMigration } from "../operator/run/show-migration.server.ts";
import { startMigration } from "../operator/run/start-migration.server.ts";

const { loader, action } = forOperator({
  GET: ({ request, context }) => showLatestMigration(request, context.gone),
  POST: ({ request, context }) => startMigration(request, context.gone),
});
export { loader, action };
