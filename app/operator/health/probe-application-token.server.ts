import { findShopDomain } from "../../infra/shop-domain.ts";
import { services } from "../../services.server.ts";
import { problemResponse } from "../access/problem.ts";
import { NotJsonError, readJsonBody } from "../access/read-json-body.ts";

/** `POST /admin/application-token` with `{"shop": "…"}`: tries an application-only token for one shop and says what came of it. */
export async function probeApplicationToken(request: Request): Promise<Response> {
  const shop = await shopOf(request);
  if (!shop) {
    return problemResponse({
      status: 422,
      code: "invalid_request",
      title: "Unprocessable Content",
      detail: 'Send {"shop": "example.myshopify.com"}: a store of yours that has the app installed.',
      errors: [{ field: "shop", message: "must be a shop's myshopify.com domain" }],
    });
  }
  const { tokens, log } = services;
  const probe = await tokens.probeApplicationToken(shop);
  log.info({ ...probe }, "an application-only token was tried for the operator");
  return Response.json(probe);
}

async function shopOf(request: Request): Promise<string | undefined> {
  try {
    const body = (await readJsonBody(request)) as { shop?: unknown } | null | undefined;
    return typeof body?.shop === "string" ? findShopDomain(body.shop) : undefined;
  } catch (error) {
    if (error instanceof NotJsonError) return undefined;
    throw error;
  }
}
