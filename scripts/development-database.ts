import { join } from "node:path";
import { deployMigrations } from "./deploy-migrations.ts";
import { startEmbeddedPostgres } from "./embedded-postgres.ts";
import { PROJECT_ROOT } from "./project-root.ts";

export interface DevelopmentDatabase {
  url: string;
  stop(): Promise<void>;
}

/** `DATABASE_URL`'s database, else an embedded one that keeps its data in `.data/`; at the current schema either way. */
export async function openDevelopmentDatabase(): Promise<DevelopmentDatabase> {
  const given = process.env.DATABASE_URL;
  if (given) {
    await deployMigrations(given);
    return { url: given, stop: async () => {} };
  }
  const server = await startEmbeddedPostgres({ dataDir: join(PROJECT_ROOT, ".data", "postgres") });
  try {
    await deployMigrations(server.url());
  } catch (error) {
    await server.stop();
    throw error;
  }
  return { url: server.url(), stop: () => server.stop() };
}
