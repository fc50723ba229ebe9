import "@shopify/shopify-api/adapters/web-api";
import { ApiVersion, LogSeverity, Session, shopifyApi } from "@shopify/shopify-api";
import { openDatabase } from "../../../app/infra/database/open-database.ts";
import { createMetrics } from "../../../app/infra/metrics.server.ts";
import { createTokens } from "../../../app/tokens/index.ts";
import type { Stage } from "../stage.ts";

/**
 * Hands the app's session storage, in the contract phase, a session with a permanent token, as the library does at the end of an
 * authorization code grant that was not asked for an expiring one. Returns how many were counted as refused, and what was said.
 */
export async function tryToStorePermanentToken(
  { app, databaseUrl }: Stage,
  shop: string,
  accessToken: string,
): Promise<{ refused: number; errors: string[] }> {
  const metrics = createMetrics({ withDefaults: false });
  const prisma = openDatabase(databaseUrl, { poolSize: 2 });
  const errors: string[] = [];
  const api = shopifyApi({
    apiKey: app.clientId,
    apiSecretKey: app.clientSecret,
    scopes: app.scopes,
    hostName: new URL(app.url).host,
    apiVersion: ApiVersion.October26,
    isEmbeddedApp: true,
    logger: { level: LogSeverity.Error },
  });
  const silent = () => {};
  const error = (_fields: object, message: string) => void errors.push(message);
  const log = { debug: silent, info: silent, warn: silent, error };
  try {
    const tokens = createTokens({ api, database: prisma, phase: "contract", metrics, log });
    const session = new Session({
      id: `offline_${shop}`,
      shop,
      state: "",
      isOnline: false,
      accessToken,
      scope: "read_products",
    });
    const store = () => tokens.sessionStorage.storeSession(session);
    await tokens.withAuthorizationCodeGrant(shop, store).catch((problem: unknown) => {
      errors.push(problem instanceof Error ? problem.message : String(problem));
    });
    const [value] = (await metrics.permanentTokensRefused.get()).values;
    return { refused: value?.value ?? 0, errors };
  } finally {
    await prisma.close();
  }
}
