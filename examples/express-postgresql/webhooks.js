import { DeliveryMethod } from "@shopify/shopify-api";
import { syncOrders } from "./sync-orders.js";

const webhook = (callback) => ({ deliveryMethod: DeliveryMethod.Http, callbackUrl: "/api/webhooks", callback });

export default {
  ORDERS_UPDATED: webhook(async (_topic, shop) => {
    await syncOrders(shop).catch((error) => console.error(`orders of ${shop} could not be read: ${error.message}`));
  }),
};
