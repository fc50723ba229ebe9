/** The Postgres schema that holds every table of this app but `Session`, which is the adopter's. */
export const OWN_SCHEMA = "expand_contract";

/** pg-boss keeps its tables in a schema of its own; it brings them up to date by itself. */
export const JOBS_SCHEMA = "expand_contract_jobs";

/** What the steps run on: one connection of `pg`. */
export interface Connection {
  query<Row extends object = Record<string, unknown>>(text: string, values?: unknown[]): Promise<{ rows: Row[] }>;
}

/** Where the app's own tables are. */
export interface Place {
  /** The schema of `Session`: `?schema=` of the connection string, else where the search path finds it, else the first schema of that path. */
  appSchema: string;
  /** Whether the connection string named it. */
  isSchemaNamed: boolean;
  /** The table of sessions, and whose columns it has. */
  sessions: { name: string; layout: "prisma" | "postgresql" };
}

/** A change of the schema that is made once, whole or not at all. */
export interface Step {
  /** Recorded when the step is done; never renamed. */
  name: string;
  /** The statements to run, in order and in one transaction; decided by looking at the database, so that a step can adopt what is there. */
  plan(connection: Connection, place: Place): Promise<string[]>;
}
