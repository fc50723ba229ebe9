import type { ServerResponse } from "node:http";
import { keepShopifyFetch, type RequestContext, type Tokens } from "../../../app/tokens/index.ts";
import type { Problem } from "../../../app/operator/access/problem.ts";
import { findParts } from "./app-parts.ts";
import { answer, type ExpressRequest, header, type Next, refuse, urlOf } from "./express-http.ts";
import { topicName } from "../../../app/webhooks/named-shop.ts";
import { isProxiedText, isTopicOfShopify } from "../../../app/webhooks/proxied-text.ts";
import { REFUSALS } from "../../../app/webhooks/webhook-refusal.ts";
import { createResigner, isSigned, MOST_PARAMETERS } from "./previous-secret.ts";
import {
  bodyOf,
  deliveryHeaders,
  findDisagreement,
  isAmbiguous,
  recordWebhook,
  triggeredAt,
} from "./record-webhook.ts";
import { BEARER, identifyRequest, isHostReadable, NO_HOST, NOT_STAFF, STALE_ID_TOKEN } from "./request-identity.ts";

/** As in with-tokens.ts. */
const WEBHOOK_PATIENCE_MS = 3_000;

type Middleware = (request: never, response: never, next: Next) => unknown;

/** What `shopifyApp` of @shopify/shopify-app-express returns, as far as it is wrapped. */
export interface ExpressAppLike {
  config?: { useOnlineTokens?: boolean };
  auth: { begin(): Middleware; callback(): Middleware };
  validateAuthenticatedSession(): Middleware;
  ensureInstalledOnShop(): Middleware;
  processWebhooks(options: never): Middleware[];
}

/**
 * The same for @shopify/shopify-app-express: what `withTokens` does for the other libraries. `processWebhooks` takes the handlers that it
 * always took.
 */
export function withExpressTokens<App extends ExpressAppLike>(shopify: App, tokens: Tokens): App {
  const { api, secrets } = findParts(tokens);
  const resigner = createResigner(secrets);
  // An adapter that was imported after `createTokens` has put the plain one back.
  keepShopifyFetch();

  /** During a rotation: what the previous secret signed gets the signature of the current one. */
  const resign = (request: ExpressRequest) => {
    if (!resigner) return;
    const { authorization } = request.headers;
    const idToken = BEARER.exec(authorization ?? "")?.[1];
    if (idToken) request.headers.authorization = `Bearer ${resigner.idToken(idToken)}`;
    const { search, searchParams } = resigner.url(urlOf(request));
    if (!search) return;
    // The library reads the one that Express keeps of the request; routes read the other.
    for (const name of ["url", "originalUrl"] as const) {
      const address = request[name];
      if (address !== undefined) request[name] = `${address.split("?")[0]}${search}`;
    }
    // Express 4 has parsed it; Express 5 does each time.
    for (const name of ["hmac", "id_token"]) {
      if (typeof request.query?.[name] === "string") request.query[name] = searchParams.get(name) ?? "";
    }
  };

  /** Else the library fails with 500: Express reads `shop[]` as a list, and no more than its first thousand parameters. */
  const isReadable = (url: URL): boolean =>
    isHostReadable(api, url) &&
    url.searchParams.size <= MOST_PARAMETERS &&
    ![...url.searchParams.keys()].some((name) => /^(shop|host)\W/i.test(name));

  /** The same. */
  const namesShop = ({ searchParams }: URL): boolean => {
    const [shop, ...others] = searchParams.getAll("shop");
    return shop !== undefined && others.length === 0 && api.utils.sanitizeShop(shop) !== null;
  };

  /** Runs a middleware for the shop that its request proves. */
  const admin =
    (middleware: Middleware, needsIdToken: boolean): Middleware =>
    async (request: ExpressRequest, response: ServerResponse, next: Next) => {
      try {
        resign(request);
        if (!isReadable(urlOf(request))) return refuse(response, NO_HOST);
        const { authorization, cookie } = request.headers;
        const identity = await identifyRequest(api, { url: urlOf(request), authorization, cookie });
        // The library fails on what is there and is no token.
        const isOdd = authorization !== undefined && !BEARER.test(authorization);
        if (identity.isForeign) return refuse(response, NOT_STAFF);
        if ((identity.isRefused || isOdd) && needsIdToken && api.config.isEmbeddedApp)
          return refuse(response, STALE_ID_TOKEN);
        const { shop, idToken } = identity;
        // The authorization code strategy exchanges no ID token; a living chain is renewed.
        const context: RequestContext = { kind: "admin", idToken, verifiedShop: shop };
        await tokens.withRequest(context, async () => {
          // The library answers 500 with an error's own words where a storage throws.
          if (shop && idToken && !shopify.config?.useOnlineTokens) await tokens.getSession(shop, { idToken });
          return middleware(request as never, response as never, next);
        });
      } catch (error) {
        answer(error, response, next);
      }
    };

  const begin = (): Middleware => {
    const middleware = shopify.auth.begin();
    return (request: ExpressRequest, response: ServerResponse, next: Next) => {
      try {
        if (!namesShop(urlOf(request))) return refuse(response, NO_SHOP);
        if (!isReadable(urlOf(request))) return refuse(response, NO_HOST);
        return middleware(request as never, response as never, next);
      } catch (error) {
        answer(error, response, next);
      }
    };
  };

  const callback = (): Middleware => {
    const middleware = shopify.auth.callback();
    return async (request: ExpressRequest, response: ServerResponse, next: Next) => {
      try {
        if (!namesShop(urlOf(request))) return refuse(response, NO_SHOP);
        if (!isReadable(urlOf(request))) return refuse(response, NO_HOST);
        resign(request);
        const { shop } = await identifyRequest(api, { url: urlOf(request), authorization: undefined });
        const run = async () => middleware(request as never, response as never, next);
        await (shop === null ? run() : tokens.withAuthorizationCodeGrant(shop, run));
      } catch (error) {
        answer(error, response, next);
      }
    };
  };

  const processWebhooks = ({ webhookHandlers }: { webhookHandlers: Handlers }): Middleware[] => {
    const handlers = Object.entries(webhookHandlers).map(([topic, given]) => {
      const all = (Array.isArray(given) ? given : [given]).map((handler) => recording(tokens, topic, handler));
      return [topic, Array.isArray(given) ? all : all[0]];
    });
    const [parse, process] = shopify.processWebhooks({ webhookHandlers: Object.fromEntries(handlers) } as never);
    return [
      parse!,
      (request: ExpressRequest, response: ServerResponse, next: Next) => {
        const at = triggeredAt(header(request, "x-shopify-triggered-at") ?? header(request, "shopify-triggered-at"));
        if (isAmbiguous((name) => header(request, name))) return refuse(response, REFUSALS.headers);
        const { hmac, shop, topic } = deliveryHeaders((name) => header(request, name));
        // The library fails on it, and answers nothing.
        if (typeof request.body !== "string") return refuse(response, NO_BODY);
        const text = request.body;
        // A stranger's may be large, and slow to read. What it is answered the library decides.
        if (isSigned(secrets, text, hmac, "base64")) {
          if (isTopicOfShopify(topic) && isProxiedText(text)) return refuse(response, REFUSALS.proxied);
          const body = bodyOf(text);
          const problem = body ? findDisagreement(api, body, { shop, topic }) : REFUSALS.json;
          if (problem) return refuse(response, problem);
          const name = header(request, "shopify-hmac-sha256") ? "shopify-hmac-sha256" : "x-shopify-hmac-sha256";
          if (resigner && hmac) request.headers[name] = resigner.body(text, hmac);
        }
        const isUninstall = topicName(topic) === "APP_UNINSTALLED";
        const context: RequestContext = {
          kind: "webhook",
          renewWithinMs: isUninstall ? 0 : WEBHOOK_PATIENCE_MS,
          ...(isUninstall && { uninstalledAt: at }),
        };
        return tokens.withRequest(context, async () => process!(request as never, response as never, next));
      },
    ];
  };

  return {
    ...shopify,
    auth: { ...shopify.auth, begin, callback },
    validateAuthenticatedSession: () => admin(shopify.validateAuthenticatedSession(), true),
    ensureInstalledOnShop: () => admin(shopify.ensureInstalledOnShop(), false),
    processWebhooks,
  };
}

const NO_BODY: Problem = {
  status: 400,
  code: "no_body",
  detail: "A webhook has a body, and a Content-Type that says what it is.",
};
const NO_SHOP: Problem = {
  status: 400,
  code: "no_shop",
  detail: "The address has to name one shop: ?shop=a-shop.myshopify.com",
};

interface Handler {
  callback?: (topic: string, shop: string, body: string, ...rest: unknown[]) => Promise<void>;
}
type Handlers = Record<string, Handler | Handler[]>;

/** Records what a verified webhook says about tokens, then calls the app's own handler. */
function recording(tokens: Tokens, topic: string, handler: Handler): Handler {
  const { callback } = handler;
  if (!callback) return handler;
  return {
    ...handler,
    callback: async (name, shop, body, ...rest) => {
      const payload = bodyOf(body);
      // What the library took for topic and shop.
      if (!payload || findDisagreement(findParts(tokens).api, payload, { shop, topic })) return;
      const recorded = await recordWebhook(tokens, { shop, topic, payload, triggeredAt: new Date() });
      if (!recorded) return;
      await callback(name, shop, recorded.payload === payload ? body : JSON.stringify(recorded.payload), ...rest);
    },
  };
}
