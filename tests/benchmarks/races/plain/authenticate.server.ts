import type { AppLoadContext, LoaderFunctionArgs } from "@remix-run/node";
import type { AdminContext } from "../../../../app/auth/authenticate.server.ts";
import { services } from "../../../../app/services.server.ts";
import { plainApp } from "./plain-shopify.server.ts";

export type { AdminContext };

/** What every loader of an app on the plain library does. */
export async function withAdmin<T>(
  { request }: Pick<LoaderFunctionArgs, "request" | "context">,
  run: (admin: AdminContext) => Promise<T>,
): Promise<T> {
  const { admin, session } = await plainApp.authenticate.admin(request);
  return run({
    shop: session.shop,
    admin: {
      async graphql<Data>(query: string, options?: { variables?: Record<string, unknown> }) {
        const response = await admin.graphql(query, options);
        return ((await response.json()) as { data: Data }).data;
      },
      // The library knows nothing of it.
      state: () => services.tokens.state(session.shop),
    },
  });
}

/** The library keeps no note of it. */
export function verifiedShopOf(_context: AppLoadContext): string | undefined {
  return undefined;
}
