import { Session } from "@shopify/shopify-api";
import { PrismaSessionStorage } from "@shopify/shopify-app-session-storage-prisma";
import PQueue from "p-queue";
import { createApi } from "../../support/create-api.ts";
import { openPrisma } from "../../support/open-prisma.ts";
import { routeThroughSandbox } from "../../../sandbox/route-through.ts";
import type { World } from "./world.ts";

export interface MigrationResult {
  migrated: number;
  failed: number;
  permanentTokens: number;
}

const CONCURRENCY = 20;
const POLL_MS = 250;

/** Ours: the operator's route, until the run is over. Asks whichever process answers. */
export async function migrateOurs(world: World): Promise<MigrationResult> {
  const headers = { authorization: `Bearer ${world.migrationSecret}`, "content-type": "application/json" };
  const body = JSON.stringify({ concurrency: CONCURRENCY, waitSeconds: 0 });
  interface Run {
    status: string;
    migrated: number;
    failed: number;
    permanentTokens: number | null;
  }
  let begun = false;
  for (let asked = 0; ; asked++) {
    const { url } = world.processes[asked % world.processes.length]!;
    const path = `${url}/admin/migrate-tokens`;
    try {
      const answer: Response = await fetch(path, begun ? { headers } : { method: "POST", headers, body });
      const run = (await answer.json()) as Run;
      begun ||= answer.ok;
      if (answer.ok && run.status !== "running") {
        return { migrated: run.migrated, failed: run.failed, permanentTokens: run.permanentTokens ?? -1 };
      }
    } catch {
      // That process was killed just now; the other one knows the run, too.
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** The plain library: the loop of Shopify's documentation, 20 shops at a time, each tried three times. */
export async function migratePlain(world: World): Promise<MigrationResult> {
  const undo = routeThroughSandbox(world.sandbox);
  const db = openPrisma(world.databaseUrl);
  const api = createApi();
  const storage = new PrismaSessionStorage(db);
  const result = { migrated: 0, failed: 0 };
  const queue = new PQueue({ concurrency: CONCURRENCY });
  const isPermanent = { isOnline: false, refreshToken: null, expires: null, accessToken: { not: "" } };
  try {
    const sessions = await db.session.findMany({ where: isPermanent });
    for (const { shop, accessToken } of sessions) {
      void queue.add(async () => {
        for (let attempt = 1; attempt <= 3; attempt++) {
          try {
            const { session } = await api.auth.migrateToExpiringToken({
              shop,
              nonExpiringOfflineAccessToken: accessToken,
            });
            await storage.storeSession(new Session(session));
            result.migrated++;
            return;
          } catch {
            // The next attempt, or the next shop.
          }
        }
        result.failed++;
      });
    }
    await queue.onIdle();
    return { ...result, permanentTokens: await db.session.count({ where: isPermanent }) };
  } finally {
    await db.$disconnect();
    await undo();
  }
}
