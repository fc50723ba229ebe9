import { forOperator } from "../operator/access/operator-access.server.ts";
import { continueMigration, showMigration, stopMigration } from "../operator/run/show-migration.server.ts";

const { loader, action } = forOperator({
  GET: ({ request, params, context }) => showMigration(request, params.id ?? "", context.gone),
  POST: ({ params }) => continueMigration(params.id ?? ""),
  DELETE: ({ params }) => stopMigration(params.id ?? ""),
});
export { loader, action };
