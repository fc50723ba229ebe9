import type { PlatformState, ShopRecord } from "../state.ts";

/** The body Shopify sends for a topic, as far as the app's own topics go; `{}` with the shop's names for others. */
export function webhookPayload(state: PlatformState, shop: ShopRecord, topic: string): Record<string, unknown> {
  switch (topic) {
    case "app/uninstalled":
    case "shop/update":
      return {
        id: shop.id,
        name: shop.name,
        email: shop.email,
        domain: shop.domain,
        myshopify_domain: shop.domain,
        plan_name: shop.plan.toLowerCase(),
        plan_display_name: shop.plan,
        created_at: new Date(shop.createdAt).toISOString(),
        updated_at: new Date(state.clock.now()).toISOString(),
      };
    case "app/scopes_update":
      return {
        id: shop.id,
        previous: [],
        current: shop.scopes,
        updated_at: new Date(state.clock.now()).toISOString(),
      };
    case "customers/data_request":
      return {
        shop_id: shop.id,
        shop_domain: shop.domain,
        orders_requested: [299938, 280263, 220458],
        customer: { id: 191167, email: "john@example.com", phone: "555-625-1199" },
        data_request: { id: 9999 },
      };
    case "customers/redact":
      return {
        shop_id: shop.id,
        shop_domain: shop.domain,
        customer: { id: 191167, email: "john@example.com", phone: "555-625-1199" },
        orders_to_redact: [299938, 280263, 220458],
      };
    case "shop/redact":
      return { shop_id: shop.id, shop_domain: shop.domain };
    default:
      return { shop_id: shop.id, shop_domain: shop.domain };
  }
}
