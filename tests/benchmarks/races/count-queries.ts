/**
 * Preloaded into an app (`--import`): counts what it sends to Postgres, and says the sum on SIGUSR2. Queries of the
 * background (the queue, the migration's worker, the readiness check) are told apart by their text.
 */
import pg from "pg";

const BACKGROUND = /expand_contract_jobs|"MigrationRun"|"MigrationWorker"|"SchemaStep"|^SELECT 1$/;

let queries = 0;
const send = pg.Client.prototype.query as (...args: unknown[]) => unknown;
pg.Client.prototype.query = function (this: pg.Client, ...args: unknown[]) {
  const [first] = args as [string | { text?: string }];
  const text = typeof first === "string" ? first : (first?.text ?? "");
  if (!BACKGROUND.test(text)) queries++;
  return send.apply(this, args);
} as typeof pg.Client.prototype.query;

process.on("SIGUSR2", () => process.stdout.write(`queries=${queries}\n`));
