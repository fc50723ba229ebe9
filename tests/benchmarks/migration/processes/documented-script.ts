/**
 * The baseline: the script of Shopify's guide "Migrate to expiring offline access tokens". Every permanent session is read with
 * `findMany`, then one after the other migrated and stored with the session storage. Nothing is added and nothing left out, but
 * that it stops after SECONDS and says how far it came.
 */
import { PrismaSessionStorage } from "@shopify/shopify-app-session-storage-prisma";
import { createApi } from "../../../support/create-api.ts";
import { openPrisma } from "../../../support/open-prisma.ts";

if (process.env.PLAIN_SIMULATOR) {
  (await import("./route-plainly.ts")).routePlainly(process.env.PLAIN_SIMULATOR);
}
const prisma = openPrisma(process.env.DATABASE_URL!);
const sessionStorage = new PrismaSessionStorage(prisma);
const shopify = createApi();
const deadline = performance.now() + Number(process.env.SECONDS) * 1_000;

const started = performance.now();
const sessions = await prisma.session.findMany({ where: { isOnline: false, expires: null, refreshToken: null } });
let shops = 0;
let failed = 0;
for (const { shop, accessToken } of sessions) {
  if (performance.now() > deadline) break;
  try {
    const { session } = await shopify.auth.migrateToExpiringToken({ shop, nonExpiringOfflineAccessToken: accessToken });
    await sessionStorage.storeSession(session);
    shops++;
  } catch {
    failed++;
  }
}
const seconds = (performance.now() - started) / 1_000;
process.send!({ shops, seconds, failed }, () => process.exit(0));
