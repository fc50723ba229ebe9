/** The bulk migration, and the schema that everything needs. */
export { createMigrations, type Migrations } from "./create-migrations.ts";
export type { MigrationOptions, RunView } from "../../../app/migration/index.ts";
export { migrateSchema, type MigrateSchemaOptions } from "../../../app/schema/migrate-schema.ts";
export { SchemaError } from "../../../app/schema/schema-error.ts";
