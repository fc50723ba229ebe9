import { request } from "undici";
import type { Stage } from "../stage.ts";

/**
 * Asks the Admin API for the shop's name with a token, past the app. Returns the HTTP status and, on 200, the name.
 */
export async function callAdminApi(
  { sandbox }: Stage,
  shop: string,
  accessToken: string,
): Promise<{ status: number; name?: string }> {
  const response = await request(`${sandbox.url}/admin/api/2026-10/graphql.json`, {
    method: "POST",
    headers: { host: shop, "content-type": "application/json", "x-shopify-access-token": accessToken },
    body: JSON.stringify({ query: "{ shop { name } }" }),
  });
  const body = (await response.body.json()) as { data?: { shop?: { name?: string } } };
  return { status: response.statusCode, name: body.data?.shop?.name };
}
