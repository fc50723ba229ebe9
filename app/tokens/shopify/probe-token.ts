import type { Session } from "@shopify/shopify-api";
import { classifyAdminError } from "./answers/classify-admin-error.ts";
import type { ProbeAnswer } from "../answer.ts";
import type { TokenContext } from "../context.ts";

const PROBE = "#graphql\n  query TokenProbe { shop { id } }";

/** Asks the Admin API, as cheaply as it can be asked, whether it accepts a session's access token. Never throws. */
export async function probeToken(ctx: TokenContext, session: Session): Promise<ProbeAnswer> {
  try {
    // A probe comes alone: a connection kept for the next one would be one for each shop (see shopify-fetch.ts).
    await new ctx.api.clients.Graphql({ session }).request(PROBE, { headers: { Connection: "close" } });
    return { kind: "accepted" };
  } catch (error) {
    const verdict = await classifyAdminError(error, ctx.now());
    // GraphQL had to accept the token before it could find fault with the query.
    return verdict.kind === "graphql" || verdict.kind === "query_throttled" ? { kind: "accepted" } : verdict;
  }
}
