import { isbot } from "isbot";

/** Shopify's own apps for tills and phones; some of them look like robots. */
const APPS_OF_SHOPIFY = /Shopify (?:POS|Mobile)\//;

/** Whether a request comes from a program that says so: a crawler, a preview, a monitor. It has no ID token and no use for a login. */
export function isRobot(request: Request): boolean {
  const userAgent = request.headers.get("user-agent") ?? "";
  return !APPS_OF_SHOPIFY.test(userAgent) && isbot(userAgent);
}
