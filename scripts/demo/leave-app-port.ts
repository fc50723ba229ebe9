/**
 * Preloaded into the demo's app: a browser that opens a merchant's page on the app's own port goes to the front that plays Shopify for it.
 * Answered by the app itself, it would be sent to the real Shopify Admin, and off this machine. The operator's pages stay where they are.
 */
import { Server, type IncomingMessage, type ServerResponse } from "node:http";

const { DEMO_APP_FRONT: front } = process.env;
const emit = Reflect.get(Server.prototype, "emit") as (event: string | symbol, ...values: unknown[]) => boolean;

Server.prototype.emit = function (this: Server, event: string | symbol, ...values: unknown[]): boolean {
  if (event === "request" && front && isMerchantsBrowser(values[0] as IncomingMessage)) {
    const [request, response] = values as [IncomingMessage, ServerResponse];
    response.writeHead(307, { Location: front + (request.url ?? "/") }).end();
    return true;
  }
  return Reflect.apply(emit, this, [event, ...values]);
};

function isMerchantsBrowser({ headers, method, url = "/" }: IncomingMessage): boolean {
  const isPage = method === "GET" && headers.accept?.includes("text/html") === true;
  return isPage && headers["x-forwarded-host"] === undefined && !/^\/(?:admin|assets)(?:[/?]|$)/.test(url);
}
