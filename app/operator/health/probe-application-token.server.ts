import { z } from "zod";
import { shopDomainSchema } from "../../infra/shop-domain.ts";
import { services } from "../../services.server.ts";
import { invalidRequest } from "../access/problem.ts";
import { readBodyAs } from "../access/read-json-body.ts";

const ORDER = z.object({ shop: shopDomainSchema });

/** `POST /admin/application-token` with `{"shop": "…"}`: tries an application-only token for one shop and says what came of it. */
export async function probeApplicationToken(request: Request): Promise<Response> {
  const order = await readBodyAs(request, ORDER);
  if (!order) {
    return invalidRequest('Send {"shop": "example.myshopify.com"}: a store of yours that has the app installed.', [
      { field: "shop", message: "must be a shop's myshopify.com domain" },
    ]);
  }
  const { tokens, log } = services;
  const probe = await tokens.probeApplicationToken(order.shop);
  log.info({ ...probe }, "an application-only token was tried for the operator");
  return Response.json(probe);
}
