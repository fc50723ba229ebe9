import type { IncomingMessage, ServerResponse } from "node:http";
import { ADMIN_HOST, CDN_HOST, SHOP_HOST } from "./addresses.ts";
import type { AdminContext } from "./admin-context.ts";
import { handleAdmin } from "./handle-admin.ts";
import { handleCdn } from "./handle-cdn.ts";
import { handleShop } from "./handle-shop.ts";
import { sendHtml } from "./http-answers.ts";
import { messagePage } from "./pages/message-page.ts";
import { proxyUpstream, type UpstreamOptions } from "./proxy-upstream.ts";
import type { AddressTranslator } from "./translate-addresses.ts";

/** One front: the same hosts, under the addresses of its kind of browser. */
export interface Front {
  context: AdminContext;
  /** Plain HTTP origin of the app. */
  appOrigin: string;
  /** Plain HTTP origin of the platform, which answers by Host header. */
  platformOrigin: string;
  translator?: AddressTranslator;
}

/** Answers one request as the host it is for. `path` is the path on that host, with its query. */
export function routeRequest(
  front: Front,
  request: IncomingMessage,
  response: ServerResponse,
  host: string,
  path: string,
): void {
  const { context } = front;
  if (host === ADMIN_HOST) {
    handleAdmin(request, response, path, context).catch((error: unknown) => sendFailure(response, context, error));
  } else if (host === CDN_HOST) {
    handleCdn(response, path, context);
  } else if (host === new URL(context.app().url).host) {
    proxyUpstream(request, response, path, appUpstream(front));
  } else if (SHOP_HOST.test(host)) {
    const passOn = (shopPath: string) => proxyUpstream(request, response, shopPath, platformUpstream(front, host));
    handleShop(response, { shop: host, path }, context, passOn);
  } else {
    sendHtml(response, messagePage({ addresses: context.addresses, title: "Unknown host", text: host }), 421);
  }
}

export function appUpstream({ context, appOrigin, translator }: Front): UpstreamOptions {
  const { addresses } = context;
  return {
    origin: appOrigin,
    host: new URL(context.app().url).host,
    translator,
    onFrameDocument: (answer) => {
      context.lastAnswer = answer;
    },
    unreachablePage: () =>
      messagePage({
        addresses,
        title: `${new URL(context.app().url).hostname} refused to connect.`,
        text: "The app is not running, or not where the simulator looks for it.",
        detail: appOrigin,
      }),
  };
}

function platformUpstream({ context, platformOrigin, translator }: Front, host: string): UpstreamOptions {
  const unreachablePage = () =>
    messagePage({ addresses: context.addresses, title: host, text: "The simulator’s platform does not answer." });
  return { origin: platformOrigin, host, translator, unreachablePage };
}

function sendFailure(response: ServerResponse, { addresses }: AdminContext, error: unknown): void {
  if (response.headersSent) return void response.destroy();
  const text = error instanceof Error ? error.message : String(error);
  sendHtml(response, messagePage({ addresses, title: "The simulator could not do this", text }), 500);
}
