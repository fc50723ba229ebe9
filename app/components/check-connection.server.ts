import type { ActionFunctionArgs } from "@remix-run/node";
import { withAdmin } from "../auth/authenticate.server.ts";
import type { PageProblem } from "../auth/page-problem.ts";
import { fetchShopFacts } from "./shop-facts.server.ts";

export interface ConnectionCheck {
  ok: boolean;
  message: string;
}

/** Asks the Admin API once, for the button on the home page. Trouble that may pass is an answer here, not an error page. */
export async function checkConnection(args: ActionFunctionArgs): Promise<ConnectionCheck> {
  try {
    return await withAdmin(args, async ({ admin }) => {
      const startedAt = performance.now();
      const { name } = await fetchShopFacts(admin);
      return { ok: true, message: `Shopify answered for ${name} in ${Math.round(performance.now() - startedAt)} ms` };
    });
  } catch (thrown) {
    if (!(thrown instanceof Response) || (thrown.status !== 503 && thrown.status !== 423)) throw thrown;
    const { title } = (await thrown.json()) as PageProblem;
    return { ok: false, message: title };
  }
}
