import express from "express";
import shopify from "./shopify.js";
import webhookHandlers from "./webhooks.js";

const app = express();

app.get(shopify.config.auth.path, shopify.auth.begin());
app.get(shopify.config.auth.callbackPath, shopify.auth.callback(), shopify.redirectToShopifyOrAppRoot());
app.post(shopify.config.webhooks.path, shopify.processWebhooks({ webhookHandlers }));

app.get("/api/shop", shopify.validateAuthenticatedSession(), async (_request, response) => {
  const client = new shopify.api.clients.Graphql({ session: response.locals.shopify.session });
  const { data } = await client.request("{ shop { myshopifyDomain } }");
  response.json({ shop: data.shop.myshopifyDomain });
});

app.get("/", shopify.ensureInstalledOnShop(), (_request, response) => {
  response.send("<!doctype html><title>Example</title>");
});

export default app;
