import { z } from "zod";
import { services } from "../../services.server.ts";
import { StorageUnfitError, type RotationReport } from "../../tokens/index.ts";
import { conflict, invalidRequest } from "../access/problem.ts";
import { readBodyAs } from "../access/read-json-body.ts";
import { repinChains, type Repinned } from "./repin-chains.ts";

/** How long one request takes up shops; the next goes on where it ended. With a call's own time, below the timeouts of clients and proxies. */
const WORKS_FOR_MS = 4_000;
const RATE = { lowest: 0.5, usual: 20, highest: 100 };
const NAMED = 100;
/** Postgres takes none in a text. */
const WITHOUT_NUL = /^[^\0]*$/;
const ORDER = z
  .object({
    after: z.string().max(255).regex(WITHOUT_NUL).default(""),
    ratePerSecond: z.number().min(RATE.lowest).max(RATE.highest).default(RATE.usual),
    dryRun: z.boolean().default(false),
  })
  .prefault({});

/** What `POST /admin/client-secret` answers: what this call did, and how the rotation stands. */
export type RepinnedPart = Repinned & { clientSecret: RotationReport };

/** `GET /admin/client-secret`: which chains still depend on an earlier client secret, as counts. */
export async function showClientSecret(): Promise<Response> {
  return Response.json({ clientSecret: await services.tokens.rotation({ isExact: true }) });
}

/**
 * `POST /admin/client-secret` with `{"after": "", "ratePerSecond": 20}`, both optional: refreshes chains that an earlier client secret made, for a
 * few seconds; to be repeated with `after` as the last answer's `next` until that is null. `{"dryRun": true}` refreshes none and names the shops.
 */
export async function repin(request: Request): Promise<Response> {
  const { tokens, migrations, log, stopping } = services;
  const order = await readBodyAs(request, ORDER);
  if (!order) return invalidRequest(INVALID);
  const { after, ratePerSecond: rate, dryRun } = order;
  /** @param isExact for the last answer of a pass, after which the secret may be revoked. */
  const report = (isExact: boolean) => tokens.rotation({ shops: NAMED, isExact });
  if (dryRun) {
    const nothing: Repinned = { outcomes: {}, failures: [], next: null, appRefused: false };
    return Response.json({ ...nothing, clientSecret: await report(true) } satisfies RepinnedPart);
  }
  const keys = await tokens.keyProblem();
  if (keys) return conflict(keys.kind, `No chain is refreshed: ${keys.what}. ${keys.remedy}`);
  const [run] = await migrations.list(1);
  if (run?.status === "running") return conflict("run_under_way", RUN_UNDER_WAY);
  const signal = AbortSignal.any([request.signal, stopping, AbortSignal.timeout(WORKS_FOR_MS)]);
  try {
    const done = await repinChains({ tokens, log }, { after, rate, signal });
    log.info({ ...done.outcomes, next: done.next }, "chains were refreshed for the rotation of the client secret");
    if (done.appRefused) return conflict("client_credentials_refused", APP_REFUSED);
    return Response.json({ ...done, clientSecret: await report(done.next === null) } satisfies RepinnedPart);
  } catch (error) {
    if (!(error instanceof StorageUnfitError)) throw error;
    return conflict("storage_unfit", `No chain is refreshed: ${error.problem.what}. ${error.problem.remedy}`);
  }
}

const INVALID = `Send {"after": "…", "ratePerSecond": ${RATE.usual}} or {"dryRun": true}: \`after\` is the \`next\` of the answer before, the rate from ${RATE.lowest} to ${RATE.highest} calls a second.`;
const RUN_UNDER_WAY =
  "A migration is under way, and both would share what Shopify allows. Let it end, or stop it; it can be started again at any time.";
const APP_REFUSED =
  "Shopify does not accept SHOPIFY_API_SECRET: no chain is refreshed and no shop is marked. Set the new client secret of the Dev Dashboard on every instance and restart.";
