/**
 * Fails when prisma/schema.prisma says something that the migrations do not do: replays the migrations on an empty Postgres and
 * compares. Uses `DATABASE_URL` when set (a shadow database is made there and dropped), else an embedded one.
 */
import { startEmbeddedPostgres } from "./embedded-postgres.ts";
import { runCommand } from "./run-command.ts";

const given = process.env.DATABASE_URL;
const server = given ? undefined : await startEmbeddedPostgres();
try {
  const from = ["--from-migrations", "prisma/migrations"];
  const to = ["--to-schema-datamodel", "prisma/schema.prisma"];
  const code = await runCommand("prisma", ["migrate", "diff", ...from, ...to, "--exit-code"], {
    DATABASE_URL: given ?? server!.url(),
  });
  if (code !== 0) console.error("The schema and its migrations differ: write a migration (npx prisma migrate dev).");
  process.exitCode = code === 0 ? 0 : 1;
} finally {
  await server?.stop();
}
