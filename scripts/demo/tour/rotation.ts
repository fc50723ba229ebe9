import { PHASES } from "../demo-app.ts";
import { createOperator, type Operator } from "../operator.ts";
import { ensure, ensureEqual } from "../report.ts";
import { callAdminApi } from "./call-admin-api.ts";
import { mark, storedSessions, tokenCalls, type StoredSession } from "./evidence.ts";
import { openEmbedded } from "./open-embedded.ts";
import type { TourContext } from "./tour-context.ts";

interface Rotation {
  next: string | null;
  clientSecret: { rotating: boolean; chains: number; pinned: number; mayRevoke: boolean; blockers: string[] };
}

/** 6. A new client secret in the middle of it all: chains are refreshed, the old one is revoked, and nobody notices. */
export async function playRotation(context: TourContext): Promise<void> {
  const { stage, report, merchant, shops } = context;
  const { client } = stage.sandbox;
  const operator = createOperator(stage.runner.url, stage.migrationSecret);
  const { clientSecret: previous } = stage.app;
  const chains = async () => (await storedSessions(stage)).filter(({ refreshToken }) => refreshToken);
  const since = await mark(stage);
  /** Shopify tells the app something, whichever secret signs at the moment. */
  const tell = () => client.setScopes(shops.exchanged, ["read_products"]);

  const { secret: next } = await client.rotateSecret();
  await report.check(
    "a second client secret is made, and the app starts with both: webhooks and pages go on",
    async () => {
      await tell();
      context.env = { SHOPIFY_API_SECRET: next, SHOPIFY_API_SECRET_PREVIOUS: previous };
      await stage.runner.start({ ...PHASES.expand, ...context.env });
      await tell();
      await openEmbedded(stage, merchant, shops.exchanged);
    },
  );

  const count = (await chains()).length;
  await report.check(
    `all ${count} chains are pinned to the old one, and the app says that it may not be revoked`,
    async () => {
      const { clientSecret } = (await operator.get<Rotation>("/admin/client-secret")).body;
      ensureEqual(clientSecret.pinned, count, "pinned chains");
      ensure(!clientSecret.mayRevoke && clientSecret.blockers.length > 0, "it might be revoked");
    },
  );
  await report.check("each is refreshed once, and a second time there is nothing to do", async () => {
    const ended = await repinToTheEnd(operator);
    ensureEqual(ended.clientSecret.pinned, 0, "pinned chains");
    // Not to be helped: the frozen and the closed shop's permanent tokens, which Shopify does not exchange now.
    ensure(
      /^2 permanent tokens of shops that are suspended [^;]*$/.test(ended.clientSecret.blockers.join("; ")),
      "more is in the way",
    );
    const refreshes = async () =>
      (await tokenCalls(stage, undefined, since)).filter(({ grant }) => grant === "refresh");
    ensureEqual((await refreshes()).length, count, "refreshes");
    await repinToTheEnd(operator);
    ensureEqual((await refreshes()).length, count, "refreshes, asked again");
  });

  await report.check(
    "the old secret is revoked: every stored token works, and the ledger knows of no lost shop",
    async () => {
      ensureEqual((await client.revokeOldSecrets()).endedShops, 2, "shops whose token ended (frozen, closed)");
      const rows = await chains();
      for (const { shop, accessToken } of rows) {
        ensureEqual((await callAdminApi(stage, shop, accessToken)).status, 200, `${shop} with its stored token`);
      }
      ensureEqual((await client.ledger.notCurrent(rows.map(bare))).join(", "), "", "shops without the newest pair");
      ensureEqual((await client.ledger.orphans(rows.map(bare))).join(", "), "", "lost shops");
      ensureEqual((await client.ledger.overlaps()).length, 0, "overlapping token calls");
    },
  );
  await report.check("no webhook was lost, and the app goes on with the new secret alone", async () => {
    await tell();
    context.env = { SHOPIFY_API_SECRET: next };
    await stage.runner.start({ ...PHASES.expand, ...context.env });
    await tell();
    await openEmbedded(stage, merchant, shops.exchanged);
    const sent = await client.webhooks.list({ shop: shops.exchanged, topic: "app/scopes_update" });
    ensureEqual(
      sent.filter(({ attempts }) => attempts.length === 1 && attempts[0]!.status === 200).length,
      4,
      "delivered",
    );
    ensureEqual(sent.length, 4, "sent");
  });
}

async function repinToTheEnd(operator: Operator): Promise<Rotation> {
  for (let after = ""; ;) {
    const { status, body } = await operator.post<Rotation>("/admin/client-secret", { after, ratePerSecond: 100 });
    ensureEqual(status, 200, "the answer");
    if (body.next === null) return body;
    after = body.next;
  }
}

function bare({ shop, accessToken, refreshToken }: StoredSession) {
  return { shop, accessToken, refreshToken };
}
