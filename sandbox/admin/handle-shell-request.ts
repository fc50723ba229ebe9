import type { IncomingMessage, ServerResponse } from "node:http";
import type { ShopView } from "../platform/types.ts";
import type { AdminContext } from "./admin-context.ts";
import { readFields, sendJson, sendText } from "./http-answers.ts";
import { launchAddress } from "./launch-address.ts";
import { sampleResources } from "./sample-resources.ts";

/** `/store/{store}/-/{name}`: what the script of the app's page asks for on behalf of App Bridge. */
export async function handleShellRequest(
  request: IncomingMessage,
  response: ServerResponse,
  { shop, url, name }: { shop: ShopView; url: URL; name: string },
  context: AdminContext,
): Promise<void> {
  if (name === "last-answer") return sendJson(response, context.lastAnswer ?? null);
  if (name === "resources")
    return sendJson(response, { resources: sampleResources(url.searchParams.get("type") ?? "product") });
  if (!shop.installed) return sendText(response, "The app is not installed", "text/plain", 409);
  if (name === "id-token") return sendJson(response, { idToken: await context.client.idToken(shop.shop) });
  if (name === "launch") {
    const path = url.searchParams.get("path") ?? "";
    const acceptLanguage = request.headers["accept-language"];
    const frameUrl = await launchAddress(context, shop.shop, { embedded: true, path, acceptLanguage });
    return sendJson(response, { frameUrl });
  }
  if (name === "scopes") {
    const fields = request.method === "POST" ? await readFields(request) : {};
    const granted = new Set(shop.scopes);
    for (const scope of strings(fields.grant)) granted.add(scope);
    for (const scope of strings(fields.revoke)) granted.delete(scope);
    if (request.method === "POST") await context.client.setScopes(shop.shop, [...granted]);
    const required = context.app().scopes;
    return sendJson(response, {
      granted: [...granted],
      required,
      optional: [...granted].filter((scope) => !required.includes(scope)),
    });
  }
  sendText(response, "Not found", "text/plain", 404);
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
}
