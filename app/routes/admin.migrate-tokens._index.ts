import { forOperator } from "../operator-access.server.ts";
import { showLatestMigration } from "../show-migration.server.ts";
import { startMigration } from "../start-migration.server.ts";

const route = forOperator({
  GET: ({ request }) => showLatestMigration(request),
  POST: ({ request }) => startMigration(request),
});

export const loader = route.loader;
export const action = route.action;
