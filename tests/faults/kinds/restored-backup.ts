import pg from "pg";
import { migrateOurs } from "../../benchmarks/races/run-migration.ts";
import { createWorld, type Databases, type World } from "../../benchmarks/races/world.ts";
import { sleep } from "../fault.ts";
import { visitAll } from "../visit-all.ts";

export interface BackupResult {
  groups: { what: string; shops: number; healed: number; said: number; wrong: number }[];
  shops: number;
  needsReauth: number;
  brokenAfterVisit: number;
  orphansAfterVisit: number;
  holds: boolean;
}

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

interface Group {
  name: string;
  what: string;
  token: "expiring" | "permanent" | "none";
  /** What Shopify's windows allow. */
  expect: "healed" | "said";
  /** What happens after the backup. */
  since(world: World, shops: readonly string[]): Promise<void>;
}

const webhooks = async (world: World, shops: readonly string[]) => {
  for (const [index, shop] of shops.entries()) await world.merchants.webhook(shop, index);
};
const refresh = async (world: World, shops: readonly string[]) => {
  await world.expire(shops);
  // A document needs a fresh token; the session is there, so that nothing is acquired.
  for (const [index, shop] of shops.entries()) await world.merchants.open(shop, index);
};

const GROUPS: readonly Group[] = [
  { name: "still", what: "nothing", token: "expiring", expect: "healed", since: () => Promise.resolve() },
  {
    name: "once",
    what: "refreshed once: the old refresh token works until its replacement is used",
    token: "expiring",
    expect: "healed",
    since: refresh,
  },
  {
    name: "twice",
    what: "refreshed twice: the old refresh token is retired",
    token: "expiring",
    expect: "said",
    async since(world, shops) {
      await refresh(world, shops);
      await refresh(world, shops);
    },
  },
  {
    name: "moved",
    what: "migrated: for seven days Shopify gives the same pair again",
    token: "permanent",
    expect: "healed",
    since: () => Promise.resolve(),
  },
  {
    name: "movedon",
    what: "migrated, and its pair refreshed: the permanent token is spent",
    token: "permanent",
    expect: "said",
    since: refresh,
  },
];

const nameOf = (url: string) => new URL(url).pathname.slice(1);

/** A backup is taken, a day of work goes by, the backup is restored, and the app is left alone with it. */
export async function runBackup(databases: Pick<Databases, "create">, perGroup = 12): Promise<BackupResult> {
  const shopsOf = ({ name }: Group) => Array.from({ length: perGroup }, (_, n) => `${name}-${n}.myshopify.com`);
  const world = await createWorld({ kind: "ours", databases, seed: 3 });
  const admin = new pg.Client({
    connectionString: Object.assign(new URL(world.databaseUrl), { pathname: "/postgres" }).href,
  });
  await admin.connect();
  const name = nameOf(world.databaseUrl);
  const backup = `${name}_backup`;
  try {
    const all = GROUPS.flatMap(shopsOf);
    await world.install(GROUPS.flatMap((group) => shopsOf(group).map((shop) => ({ shop, token: group.token }))));
    await stopAll(world);
    await copyDatabase(admin, name, backup);

    for (const index of world.processes.keys()) await world.restart(index);
    await migrateOurs(world);
    for (const group of GROUPS) await group.since(world, shopsOf(group));
    await world.sandbox.client.clock.advance(DAY_MS);
    await stopAll(world);
    await admin.query(`DROP DATABASE "${name}" WITH (FORCE)`);
    await copyDatabase(admin, backup, name);

    for (const index of world.processes.keys()) await world.restart(index);
    // As its owner would see it: a day has gone by since the rows were written.
    await world.query(
      `UPDATE "Session" SET expires = expires - interval '1 day', "refreshTokenExpires" = "refreshTokenExpires" - interval '1 day'
       WHERE "refreshToken" IS NOT NULL`,
    );
    await migrateOurs(world);
    await webhooks(world, all);
    await untilJobsAreDone(world);

    const rows = await world.rows();
    const lost = new Set(world.sandbox.platform.orphans(rows));
    const marked = new Set(
      (
        await world.query<{ shop: string }>(
          `SELECT shop FROM expand_contract."ShopToken" WHERE "needsReauthAt" IS NOT NULL`,
        )
      ).map(({ shop }) => shop),
    );
    const groups = GROUPS.map((group) => {
      const shops = shopsOf(group);
      const healed = shops.filter((shop) => !lost.has(shop) && !marked.has(shop)).length;
      const said = shops.filter((shop) => marked.has(shop)).length;
      return {
        what: group.what,
        shops: shops.length,
        healed,
        said,
        wrong: shops.length - (group.expect === "healed" ? healed : said),
      };
    });
    const health = await fetch(`${world.processes[0]!.url}/admin/token-health`, {
      headers: { authorization: `Bearer ${world.migrationSecret}` },
    });
    const { needsReauth } = (await health.json()) as { needsReauth: number };
    const brokenAfterVisit = await visitAll(world, all);
    const orphansAfterVisit = world.sandbox.platform.orphans(await world.rows()).length;
    return {
      groups,
      shops: all.length,
      needsReauth,
      brokenAfterVisit,
      orphansAfterVisit,
      holds: groups.every(({ wrong }) => wrong === 0) && brokenAfterVisit + orphansAfterVisit === 0,
    };
  } finally {
    await world.close();
    await admin.query(`DROP DATABASE IF EXISTS "${backup}" WITH (FORCE)`);
    await admin.end();
  }
}

async function stopAll(world: World): Promise<void> {
  await Promise.all(world.processes.map((app) => app.stop(20_000)));
}

/** Postgres copies a database only while nobody is connected to it. */
async function copyDatabase(admin: pg.Client, from: string, to: string): Promise<void> {
  for (let tries = 0; ; tries++) {
    await admin.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1`, [from]);
    try {
      await admin.query(`CREATE DATABASE "${to}" TEMPLATE "${from}"`);
      return;
    } catch (error) {
      if ((error as { code?: string }).code !== "55006" || tries === 20) throw error;
      await sleep(100);
    }
  }
}

/** Each webhook enqueued a job that uses the shop's token. */
async function untilJobsAreDone(world: World): Promise<void> {
  const deadline = performance.now() + HOUR_MS / 30;
  for (;;) {
    const [row] = await world.query<{ open: number }>(
      `SELECT count(*)::int AS open FROM expand_contract_jobs.job WHERE name IN ('refresh-shop', 'reconcile') AND state < 'completed'`,
    );
    if (row!.open === 0 || performance.now() > deadline) return;
    await sleep(200);
  }
}
