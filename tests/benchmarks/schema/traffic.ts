import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";

const CLIENTS_OF_A_KIND = 4;
/** Between two statements of a client: the processors are not to be the bottleneck. */
const PAUSE_MS = 5;
/** A report that reads in one transaction, again and again: what a migration's locks have to give way to. */
const REPORT_MS = 3_000;

export type Kind = "reader" | "writer";

/** How long the statements of one kind took, and how many. */
export interface Waits {
  statements: number;
  p99Ms: number;
  longestMs: number;
}

export interface Traffic {
  /** Forgets what was measured until now. */
  reset(): void;
  waits(kind: Kind): Waits;
  /** Statements that failed. */
  failed(): number;
  stop(): Promise<void>;
}

/** What an app does to its table of sessions while it is deployed: sessions are read, tokens are written, sessions come and go, and somebody draws up a report. */
export async function startTraffic(url: string, shops: number): Promise<Traffic> {
  const took: Record<Kind, number[]> = { reader: [], writer: [] };
  let failures = 0;
  let stopped = false;
  const idOf = () => `offline_shop-${1 + Math.floor(Math.random() * shops)}.myshopify.com`;
  const statementOf: Record<Kind, () => [string, unknown[]]> = {
    reader: () => [`SELECT * FROM "Session" WHERE "id" = $1`, [idOf()]],
    writer: () =>
      Math.random() < 0.8
        ? [`UPDATE "Session" SET "accessToken" = $2, "scope" = 'read_products' WHERE "id" = $1`, [idOf(), "shpat_x"]]
        : [
            `INSERT INTO "Session" ("id", "shop", "state", "isOnline", "accessToken") VALUES ($1, 'new.myshopify.com', '', true, 'shpat_x')`,
            [`new-${Math.random()}`],
          ],
  };

  const work = async (kind: Kind): Promise<void> => {
    const client = await open(url, kind);
    while (!stopped) {
      const [text, values] = statementOf[kind]();
      const began = performance.now();
      await client.query(text, values).catch(() => (failures += 1));
      took[kind].push(performance.now() - began);
      await sleep(PAUSE_MS);
    }
    await client.end();
  };
  const report = async (): Promise<void> => {
    const client = await open(url, "report");
    while (!stopped) {
      await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ");
      await client.query(`SELECT "shop" FROM "Session" LIMIT 100`);
      await sleep(REPORT_MS);
      await client.query("COMMIT");
      await sleep(REPORT_MS / 3);
    }
    await client.end();
  };
  const kinds = Array.from({ length: CLIENTS_OF_A_KIND }, () => ["reader", "writer"] as const).flat();
  const running = [...kinds.map(work), report()];

  return {
    reset: () => void ((took.reader = []), (took.writer = []), (failures = 0)),
    waits: (kind) => {
      const sorted = took[kind].toSorted((a, b) => a - b);
      return {
        statements: sorted.length,
        p99Ms: sorted[Math.floor(sorted.length * 0.99)] ?? 0,
        longestMs: sorted.at(-1) ?? 0,
      };
    },
    failed: () => failures,
    stop: async () => {
      stopped = true;
      await Promise.all(running);
    },
  };
}

async function open(url: string, applicationName: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, application_name: applicationName });
  await client.connect();
  return client;
}
