import type { Resigner } from "./previous-secret.ts";
import { deliveryHeaders } from "./record-webhook.ts";

/** The same request, with the current secret's signatures in the place of the previous one's. */
export async function resignRequest(resigner: Resigner | undefined, request: Request): Promise<Request> {
  if (!resigner) return request;
  const headers = new Headers(request.headers);
  const idToken = /^Bearer (\S+)$/.exec(headers.get("authorization") ?? "")?.[1];
  if (idToken) headers.set("authorization", `Bearer ${resigner.idToken(idToken)}`);
  const { method, signal } = request;
  const url = resigner.url(new URL(request.url));
  if (method === "GET" || method === "HEAD") return new Request(url, { method, headers, signal });
  const { hmac } = deliveryHeaders((name) => headers.get(name));
  if (!hmac) return new Request(url, { method, headers, signal, body: request.body, duplex: "half" } as RequestInit);
  const body = await request.text();
  const name = headers.has("shopify-hmac-sha256") ? "shopify-hmac-sha256" : "x-shopify-hmac-sha256";
  headers.set(name, resigner.body(body, hmac));
  return new Request(url, { method, headers, signal, body });
}
