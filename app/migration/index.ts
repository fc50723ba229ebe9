export { createMigrations, type MigrationDependencies, type Migrations } from "./run/create-migrations.ts";
export { FlowNotReadyError, MigrationRequestError, TokenKeysError, type FieldProblem } from "./errors.ts";
export { parseMigrationOptions } from "./types.ts";
export type { MigrationOptions, RunView } from "./types.ts";
export {
  countTokensSinceContract,
  forgetContractStart,
  hasReachedContract,
  recordContractStart,
} from "./run/contract-record.ts";
export { hasFinishedRun } from "./run/read-run.ts";
