import { PHASES } from "../demo-app.ts";
import type { Page } from "../merchant.ts";
import { createOperator } from "../operator.ts";
import { ensure, ensureEqual } from "../report.ts";
import type { TourContext } from "./tour-context.ts";
import { countPermanentTokens, mark, storedSession, tokenCalls } from "./evidence.ts";
import { openEmbedded } from "./open-embedded.ts";
import { tryToStorePermanentToken } from "./try-to-store-permanent-token.ts";

interface Health {
  phase: string;
  verdict: string;
  permanentTokens: number;
}

/** 7. The legacy door closed: its links lead on, and a permanent token has nowhere to go. */
export async function playContract({ stage, report, merchant, shops, env }: TourContext): Promise<void> {
  const { client } = stage.sandbox;
  const operator = createOperator(stage.runner.url, stage.migrationSecret);

  await report.check("now the app starts with the legacy door closed", async () => {
    await client.app({ legacyInstallFlow: false });
    await stage.runner.start({ ...PHASES.contract, ...env });
    const { status, body } = await operator.get<Health>("/admin/token-health");
    ensureEqual(`${status} ${body.phase} ${body.verdict}`, "200 contract clean", "token health");
  });

  const leftovers = await countPermanentTokens(stage);
  await client.createShop(shops.late, { name: "Late Customer" });
  await report.check("a cached link to /auth leads to Shopify's managed install", async () => {
    ensureManagedInstall(await merchant.open(`${stage.app.url}/auth?shop=${shops.late}`));
  });
  await report.check("so does a /auth/callback with a valid code, and the code is not used", async () => {
    const since = await mark(stage);
    const authorize = new URL(`https://${shops.late}/admin/oauth/authorize`);
    authorize.search = new URLSearchParams({
      client_id: stage.app.clientId,
      scope: stage.app.scopes.join(","),
      redirect_uri: `${stage.app.url}/auth/callback`,
      state: "cached",
    }).toString();
    const consent = await merchant.open(authorize.href);
    ensureManagedInstall(
      new URL(consent.url).pathname === authorize.pathname ? await merchant.submit(consent) : consent,
    );
    ensureEqual((await tokenCalls(stage, shops.late, since)).length, 0, "token calls");
    ensure(!(await storedSession(stage, shops.late)), "a session was stored");
  });
  await report.check("installed that way, the merchant opens the app: a pair by ID token exchange", async () => {
    await client.installShop(shops.late, { token: "none", name: "Late Customer" });
    await openEmbedded(stage, merchant, shops.late);
    const stored = await storedSession(stage, shops.late);
    ensure(stored?.refreshToken, "what is stored is no pair");
    ensure(await client.ledger.isCurrentPair(shops.late, stored), "the stored pair is not the one issued last");
  });

  const { accessToken = "" } = await client.installShop(shops.stray, { token: "permanent", name: "Stray Customer" });
  await report.check("a permanent token handed to the session storage is refused, counted and logged", async () => {
    const { refused, errors } = await tryToStorePermanentToken(stage, shops.stray, accessToken);
    ensureEqual(refused, 1, "permanent_tokens_refused_total");
    ensure(errors.length > 0, "nothing was logged as an error");
    ensureEqual(await countPermanentTokens(stage), leftovers, "permanent tokens in the database");
  });
  await report.check("one smuggled into the table: token-health answers 503, “regression”", async () => {
    await stage.database.query(`DELETE FROM "Session" WHERE "shop" = $1`, [shops.stray]);
    await stage.database.query(
      `INSERT INTO "Session" ("id", "shop", "state", "scope", "accessToken") VALUES ($1, $2, '', 'read_products', $3)`,
      [`offline_${shops.stray}`, shops.stray, accessToken],
    );
    const { status, body } = await operator.get<Health>("/admin/token-health");
    ensureEqual(`${status} ${body.verdict} ${body.permanentTokens}`, `503 regression ${leftovers + 1}`, "token health");
  });
  await report.check("and it is healed as soon as its merchant opens the app", async () => {
    await openEmbedded(stage, merchant, shops.stray);
    const stored = await storedSession(stage, shops.stray);
    ensure(stored && (await client.ledger.isCurrentPair(shops.stray, stored)), "it does not hold the pair issued last");
    const { status, body } = await operator.get<Health>("/admin/token-health");
    ensureEqual(`${status} ${body.verdict}`, "200 clean", "token health");
  });

  function ensureManagedInstall({ hops }: Page): void {
    const install = hops.map((hop) => new URL(hop)).find(({ pathname }) => pathname.endsWith("/oauth/install"));
    ensure(install, `no managed install on the way, but ${hops.map((hop) => new URL(hop).pathname).join(" → ")}`);
    ensureEqual(install.host, "admin.shopify.com", "host of the install page");
    ensureEqual(install.searchParams.get("client_id"), stage.app.clientId, "client_id");
  }
}
