import { PHASES } from "../demo-app.ts";
import { createOperator, migrateToTheEnd, type Run } from "../operator.ts";
import { ensure, ensureEqual } from "../report.ts";
import type { TourContext } from "./tour-context.ts";
import { callAdminApi } from "./call-admin-api.ts";
import { countPermanentTokens, mark, storedSession, storedSessions, tokenCalls } from "./evidence.ts";
import { openEmbedded } from "./open-embedded.ts";

/** 4. One POST exchanges every permanent token; the simulator's ledger says that none was lost on the way. */
export async function playMigrate({ stage, report, merchant, shops, seeds }: TourContext): Promise<void> {
  const { client } = stage.sandbox;
  const everyone = [...seeds.permanent, shops.legacy];
  const untouched = [seeds.placeholder, seeds.expiring, shops.exchanged, shops.oauth];
  await stage.runner.start(PHASES.expand);
  const since = await mark(stage);

  await report.check("without a secret: 401 with WWW-Authenticate; with a wrong one: 401", async () => {
    for (const secret of [undefined, "x".repeat(64)]) {
      const { status, headers } = await createOperator(stage.runner.url, secret).post("/admin/migrate-tokens");
      ensureEqual(status, 401, "status");
      ensure(headers.get("www-authenticate")?.startsWith("Bearer"), "the answer does not ask for Bearer");
    }
    ensureEqual((await tokenCalls(stage, undefined, since)).length, 0, "token calls");
  });

  const operator = createOperator(stage.runner.url, stage.migrationSecret);
  const permanentTokens = new Map((await storedSessions(stage, everyone)).map((row) => [row.shop, row.accessToken]));
  const rowsBefore = JSON.stringify(await storedSessions(stage, untouched));
  const start = performance.now();
  const run = await report.check(`with the secret: a run over ${everyone.length + 1} shops, to its end`, async () => {
    const { first, run: ended } = await migrateToTheEnd(operator);
    ensure(first.status === 200 || first.status === 202, `the POST was answered with ${first.status}`);
    ensureEqual(ended.status, "completed", "the run");
    ensureEqual(ended.migrated, everyone.length, "migrated");
    ensureEqual(ended.failed, 0, `failed (${ended.failures.map(({ shop, code }) => `${shop} ${code}`).join(", ")})`);
    return ended;
  });
  describe(run, (performance.now() - start) / 1000);

  await report.check(
    `every shop holds the pair that Shopify issued last (${everyone.length} of ${everyone.length})`,
    async () => {
      for (const stored of await storedSessions(stage, everyone)) {
        ensure(stored.refreshToken && stored.expires && stored.refreshTokenExpires, `${stored.shop} holds no pair`);
        ensure(
          await client.ledger.isCurrentPair(stored.shop, stored),
          `${stored.shop} holds another pair than the last`,
        );
      }
      ensureEqual((await client.ledger.orphans(await storedSessions(stage, everyone))).length, 0, "orphaned shops");
    },
  );
  await report.check("the Admin API takes each new token and refuses the old one", async () => {
    for (const { shop, accessToken } of await storedSessions(stage, everyone)) {
      ensureEqual((await callAdminApi(stage, shop, accessToken)).status, 200, `${shop} with its new token`);
      ensureEqual(
        (await callAdminApi(stage, shop, permanentTokens.get(shop) ?? "")).status,
        401,
        `${shop} with its old token`,
      );
    }
  });
  await report.check("zero permanent tokens remain: by the run's report, and counted in the database", async () => {
    ensureEqual(run.permanentTokens, 0, "the run's permanentTokens");
    ensureEqual(await countPermanentTokens(stage), 0, "permanent tokens in the database");
  });
  await report.check("one exchange per shop, none side by side, no wait of Shopify's disregarded", async () => {
    const migrations = (await tokenCalls(stage, undefined, since)).filter(({ grant }) => grant === "migration");
    ensureEqual(migrations.filter(({ outcome }) => outcome === "issued").length, everyone.length, "pairs issued");
    ensureEqual((await client.ledger.overlaps()).length, 0, "overlapping token calls");
    ensureEqual((await client.ledger.retryAfterBroken()).length, 0, "calls before Retry-After had passed");
  });
  await report.check("the awkward ones: uninstalled is reported, the rest is left exactly as it was", async () => {
    const gone = run.failures.find(({ shop }) => shop === seeds.uninstalled);
    ensure(gone ?? run.skipped > 0, "the uninstalled shop is not in the report");
    ensureEqual(JSON.stringify(await storedSessions(stage, untouched)), rowsBefore, "rows of the others");
    const { rows } = await stage.database.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM "Session" WHERE "isOnline"`,
    );
    ensureEqual(rows[0]?.n, 2, "online sessions");
  });
  await report.check("the merchants notice nothing: the first shop opens the app and sees its name", async () => {
    await openEmbedded(stage, merchant, shops.legacy);
    const stored = await storedSession(stage, shops.legacy);
    ensure(stored && (await client.ledger.isCurrentPair(shops.legacy, stored)), "opening the app lost the pair");
  });
  await report.check("once more: nothing to do, nothing done", async () => {
    const again = await mark(stage);
    const { run: second } = await migrateToTheEnd(operator);
    ensureEqual(second.status, "completed", "the second run");
    ensureEqual(second.migrated, 0, "migrated by the second run");
    ensureEqual((await tokenCalls(stage, undefined, again)).length, 0, "token calls");
  });
}

function describe(run: Run, seconds: number): void {
  const { total, migrated, skipped, needsReauth, failed } = run;
  console.log(
    `     ${total} shops in ${seconds.toFixed(1)} s: ${migrated} migrated, ${skipped} skipped, ${needsReauth} need their merchant, ${failed} failed`,
  );
}
