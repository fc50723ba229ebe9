import { Readable } from "node:stream";
import type { IncomingMessage, ServerResponse } from "node:http";
import { isDatabaseOutage } from "../../../app/infra/database/is-database-outage.ts";
import { keepShopifyFetch, TokenError, type RequestContext, type Tokens } from "../../../app/tokens/index.ts";
import type { Problem } from "../../../app/operator/access/problem.ts";
import { findParts } from "./app-parts.ts";
import type { OperatorRoutes } from "./operator/operator-routes.ts";
import {
  bodyOf,
  isAboutOtherShop,
  recordWebhook,
  SHOPS_DISAGREE,
  signedBodyOf,
  topicName,
  triggeredAt,
} from "./record-webhook.ts";
import { identifyRequest, NOT_STAFF } from "./request-identity.ts";
import { answerOf } from "./token-error-response.ts";

/** As in with-tokens.ts. */
const WEBHOOK_PATIENCE_MS = 3_000;

type ExpressRequest = IncomingMessage & { originalUrl?: string; body?: unknown };
type Next = (error?: unknown) => void;
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
  const { api } = findParts(tokens);
  // An adapter that was imported after `createTokens` has put the plain one back.
  keepShopifyFetch();

  /** Runs a middleware for the shop that its request proves. */
  const admin =
    (middleware: Middleware): Middleware =>
    async (request: ExpressRequest, response: ServerResponse, next: Next) => {
      try {
        const url = urlOf(request);
        const { authorization, cookie } = request.headers;
        const { shop, idToken, isForeign } = await identifyRequest(api, { url, authorization, cookie });
        if (isForeign) return refuse(response, NOT_STAFF);
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

  const callback = (): Middleware => {
    const middleware = shopify.auth.callback();
    return async (request: ExpressRequest, response: ServerResponse, next: Next) => {
      try {
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
        const at = triggeredAt(header(request, "x-shopify-triggered-at"));
        const body = signedBodyOf(api, String(request.body ?? ""), header(request, "x-shopify-hmac-sha256"));
        if (isAboutOtherShop(body, header(request, "x-shopify-shop-domain"))) {
          return refuse(response, SHOPS_DISAGREE);
        }
        const isUninstall = topicName(header(request, "x-shopify-topic") ?? "") === "APP_UNINSTALLED";
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
    auth: { ...shopify.auth, callback },
    validateAuthenticatedSession: () => admin(shopify.validateAuthenticatedSession()),
    ensureInstalledOnShop: () => admin(shopify.ensureInstalledOnShop()),
    processWebhooks,
  };
}

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
      const settled = await recordWebhook(tokens, { shop, topic, payload, triggeredAt: new Date() });
      await callback(name, shop, settled && settled !== payload ? JSON.stringify(settled) : body, ...rest);
    },
  };
}

/** The operator's routes as a middleware: `app.use("/admin", operatorMiddleware(operatorRoutes({ … })))`, before a body is parsed. */
export function operatorMiddleware({ handle }: Pick<OperatorRoutes, "handle">) {
  return async (request: ExpressRequest, response: ServerResponse, next: Next): Promise<void> => {
    try {
      const answered = await handle(toRequest(request));
      response.statusCode = answered.status;
      answered.headers.forEach((value, name) => response.setHeader(name, value));
      if (answered.body) Readable.fromWeb(answered.body as never).pipe(response);
      else response.end();
    } catch (error) {
      next(error);
    }
  };
}

function toRequest(request: ExpressRequest): Request {
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(", ") : value);
  }
  const { method = "GET" } = request;
  const hasBody = method !== "GET" && method !== "HEAD";
  const body = hasBody ? (Readable.toWeb(request) as unknown as BodyInit) : undefined;
  return new Request(urlOf(request), { method, headers, body, ...(hasBody && { duplex: "half" }) } as RequestInit);
}

function urlOf(request: ExpressRequest): URL {
  return new URL((request.originalUrl ?? request.url ?? "/").replace(/^\/+/, "/"), "http://app.invalid");
}

function header(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

function refuse(response: ServerResponse, problem: Problem): void {
  response.writeHead(problem.status, { "Content-Type": "application/problem+json" }).end(JSON.stringify(problem));
}

function answer(error: unknown, response: ServerResponse, next: Next): void {
  const said = error instanceof TokenError || isDatabaseOutage(error) ? answerOf(error) : undefined;
  if (!said || response.headersSent) {
    next(error);
    return;
  }
  response.writeHead(said.status, { "Content-Type": "text/plain; charset=utf-8", ...said.headers });
  response.end(said.text);
}
