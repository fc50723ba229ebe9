import { services } from "../services.server.ts";

/** Whether Shopify signed the query of this request, lately (the library allows 90 seconds). */
export async function hasValidSignature(request: Request): Promise<boolean> {
  const query = Object.fromEntries(new URL(request.url).searchParams);
  if (!query.hmac) return false;
  try {
    return await services.api.utils.validateHmac(query);
  } catch {
    return false;
  }
}
