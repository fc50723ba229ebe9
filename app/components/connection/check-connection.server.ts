import type { ActionFunctionArgs } from "@remix-run/node";
import type { PageProblem } from "../../auth/page-problem.ts";
import { loadPage } from "../pages/load-page.server.ts";
import { fetchShopFacts, FACTS_WITHIN_MS } from "./shop-facts.server.ts";

/** What came of asking Shopify; the page has the words and the next step of each. */
export interface ConnectionCheckResult {
  outcome: "ok" | "unreachable" | "busy" | "paused" | "failed" | "not_reached";
  name?: string;
  ms?: number;
  /** For support. */
  reference?: string;
}

const OUTCOMES: Record<string, ConnectionCheckResult["outcome"]> = {
  shopify_unreachable: "unreachable",
  busy: "busy",
  shop_suspended: "paused",
};

/** Asks the Admin API once, for the button on the home page. Trouble is an answer here, not an error page. */
export async function checkConnection(args: ActionFunctionArgs): Promise<ConnectionCheckResult> {
  try {
    return await loadPage(args, async (admin) => {
      const startedAt = performance.now();
      const { name } = await fetchShopFacts(admin, AbortSignal.timeout(FACTS_WITHIN_MS));
      return { outcome: "ok", name, ms: Math.round(performance.now() - startedAt) };
    });
  } catch (thrown) {
    // 401 is App Bridge's to act on, and a redirect the browser's.
    if (!(thrown instanceof Response) || thrown.status === 401 || thrown.status < 400) throw thrown;
    const problem = (await thrown.json().catch(() => undefined)) as PageProblem | undefined;
    const outcome = OUTCOMES[problem?.code ?? ""] ?? "failed";
    return { outcome, reference: problem?.reference ?? args.context.requestId };
  }
}
