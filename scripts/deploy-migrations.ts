import { migrateSchema } from "../app/schema/migrate-schema.ts";

/** Brings a database to the current schema, as `npm run db:deploy` does. */
export async function deployMigrations(databaseUrl: string): Promise<void> {
  await migrateSchema(databaseUrl);
}
