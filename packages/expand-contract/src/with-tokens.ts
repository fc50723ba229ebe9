import { setTimeout as sleep } from "node:timers/promises";
import { problemResponse } from "../../../app/operator/access/problem.ts";
import { keepShopifyFetch, type RequestContext, type Tokens } from "../../../app/tokens/index.ts";
import { topicName } from "../../../app/webhooks/named-shop.ts";
import { isProxiedText, isTopicOfShopify } from "../../../app/webhooks/proxied-text.ts";
import { REFUSALS } from "../../../app/webhooks/webhook-refusal.ts";
import { findParts } from "./app-parts.ts";
import { createResigner, isSigned } from "./previous-secret.ts";
import { type Authenticate, wrapPublic } from "./wrap-public.ts";
import {
  bodyOf,
  deliveryHeaders,
  findDisagreement,
  isAmbiguous,
  isMisdelivered,
  isShopOf,
  NO_FLOW,
  NO_FULFILLMENT,
  recordWebhook,
  triggeredAt,
} from "./record-webhook.ts";
import { identifyRequest, isHostReadable, NO_HOST, NOT_STAFF } from "./request-identity.ts";
import { resignRequest } from "./resign-request.ts";
import { responseOf } from "./token-error-response.ts";

/** How long a webhook waits for a new token. Shopify waits 5 s for the answer. */
const WEBHOOK_PATIENCE_MS = 3_000;
/** How long an action of Flow or a fulfillment service waits. Shopify waits 10 s for the answer, and asks again after a 503. */
const ACTION_PATIENCE_MS = 8_000;

/** What `shopifyApp` of @shopify/shopify-app-remix or -react-router returns, as far as it is wrapped. */
export interface ShopifyAppLike {
  authenticate: {
    admin: Authenticate;
    webhook: Authenticate;
    flow?: Authenticate;
    fulfillmentService?: Authenticate;
    pos?: Authenticate;
    public?: object;
  };
  unauthenticated: {
    admin(shop: string): Promise<unknown>;
    storefront?(shop: string): Promise<unknown>;
  };
}

export interface WithTokensOptions {
  /**
   * Called once after a merchant's request brought a shop its pair, before the request goes on: after an ID token or an authorization code.
   * The `afterAuth` hook of `shopifyApp` only runs when the library itself exchanged, as in its callback; with an ID token `tokens` does.
   */
  afterAuth?: (context: { request: Request; shop: string }) => Promise<unknown>;
}

/**
 * Wraps what `shopifyApp` returned, types and all: requests of the embedded app acquire and renew tokens through `tokens`, webhooks are
 * answered whether a shop's token lives or not, uninstalls and scope changes are recorded, and errors of tokens become HTTP answers.
 * A shop that no signature names is never asked about.
 */
export function withTokens<App extends ShopifyAppLike>(
  shopify: App,
  tokens: Tokens,
  options: WithTokensOptions = {},
): App {
  const { api, secrets } = findParts(tokens);
  const resigner = createResigner(secrets);
  const { authenticate, unauthenticated } = shopify;
  // An adapter that was imported after `createTokens` has put the plain one back.
  keepShopifyFetch();

  /** @throws Response for errors of tokens. */
  const serve = async (context: RequestContext, run: () => Promise<unknown>): Promise<unknown> => {
    try {
      return await tokens.withRequest(context, run);
    } catch (error) {
      throw responseOf(error) ?? error;
    }
  };

  const admin: Authenticate = async (given, ...rest) => {
    const request = await resignRequest(resigner, given);
    if (!isHostReadable(api, new URL(request.url))) throw problemResponse(NO_HOST);
    const { shop, idToken, isForeign } = await identifyRequest(api, {
      url: new URL(request.url),
      authorization: request.headers.get("authorization"),
      cookie: request.headers.get("cookie"),
    });
    if (isForeign) throw problemResponse(NOT_STAFF);
    const now: RequestContext = { kind: "admin", idToken, verifiedShop: shop };
    const authenticateAdmin = () => authenticate.admin(request, ...rest);
    // The library checks the state and its cookie before it exchanges the code; the session is stored under the shop's lease.
    const isCallback = shop !== null && new URL(request.url).pathname.endsWith("/callback");
    try {
      return await serve(now, () =>
        isCallback ? tokens.withAuthorizationCodeGrant(shop, authenticateAdmin) : authenticateAdmin(),
      );
    } finally {
      // A callback, and a page that leads elsewhere, end in a Response that is thrown.
      if (now.acquired) await options.afterAuth?.({ request, shop: now.acquired });
    }
  };

  /**
   * A body that Shopify signed. A stranger's may be large, and slow to read: what that is answered the library decides.
   * @param topic of a webhook.
   * @throws Response for what is signed and no object, as an ID token; the text of an app proxy's visit; headers that say two things.
   */
  const signedBody = async (request: Request, topic?: string): Promise<Record<string, unknown> | undefined> => {
    if (isAmbiguous((name) => request.headers.get(name))) throw problemResponse(REFUSALS.headers);
    const { hmac } = headersOf(request);
    if (!HMAC.test(hmac ?? "")) return undefined;
    const text = await request.clone().text();
    if (!isSigned(secrets, text, hmac, "base64")) return undefined;
    if ((!topic || isTopicOfShopify(topic)) && isProxiedText(text)) throw problemResponse(REFUSALS.proxied);
    const body = bodyOf(text);
    if (!body) throw problemResponse(REFUSALS.json);
    return body;
  };

  /** @throws Response for a signed body that does not go with the headers. */
  const readSigned = async (request: Request, topic?: string): Promise<Record<string, unknown> | undefined> => {
    const body = await signedBody(request, topic);
    const problem = body && findDisagreement(api, body, headersOf(request));
    if (problem) throw problemResponse(problem);
    return body;
  };

  const webhook: Authenticate = async (given, ...rest) => {
    const request = await resignRequest(resigner, given);
    const { topic } = headersOf(request);
    if ((await readSigned(request, topic)) && isMisdelivered(new URL(request.url), topic))
      throw problemResponse(REFUSALS.otherTopic);
    const at = triggeredAt(
      request.headers.get("x-shopify-triggered-at") ?? request.headers.get("shopify-triggered-at"),
    );
    const context = { kind: "webhook", renewWithinMs: patience(topic) } as const;
    const said = (await serve(context, () => authenticate.webhook(request, ...rest))) as WebhookLike;
    // What the library took for topic and shop.
    if (topicName(said.topic) !== topicName(topic)) throw problemResponse(REFUSALS.headers);
    const problem = findDisagreement(api, said.payload, said);
    if (problem) throw problemResponse(problem);
    let recorded;
    try {
      recorded = await recordWebhook(tokens, { ...said, triggeredAt: at });
    } catch (error) {
      throw responseOf(error) ?? error;
    }
    if (!recorded) throw new Response(null, { status: 200 });
    const { payload, hasSession } = recorded;
    return { ...said, payload, ...(!hasSession && { session: undefined, admin: undefined }) };
  };

  // Verified by the library before it loads a session, and of no use without a token: what may pass is answered 503, for Shopify to
  // ask again, and a chain that is dead as the library answers a shop that it does not know.
  const action =
    (original: Authenticate): Authenticate =>
    async (given, ...rest) => {
      const request = await resignRequest(resigner, given);
      return serve({ kind: "admin" }, () => inTime(original(request, ...rest)));
    };

  // Its shop stands in the body, and the library fails on one that names none.
  const flow = (original: Authenticate): Authenticate => {
    const act = action(original);
    return async (request, ...rest) => {
      const body = await signedBody(request);
      if (body && !isShopOf(api, String(body.shopify_domain))) throw problemResponse(NO_FLOW);
      return act(request, ...rest);
    };
  };

  // Its shop stands in a header alone, which is not signed: no signed body of another kind is taken for it, nor one that names another shop.
  const fulfillment = (original: Authenticate): Authenticate => {
    const act = action(original);
    return async (request, ...rest) => {
      const body = await readSigned(request);
      if (body && !FULFILLMENT_KIND.test(String(body.kind))) throw problemResponse(NO_FULFILLMENT);
      return act(request, ...rest);
    };
  };

  // Verified by the library before it loads a session, and served without one as well.
  const verified =
    (original: Authenticate): Authenticate =>
    async (given, ...rest) => {
      const request = await resignRequest(resigner, given);
      return serve({ kind: "webhook", renewWithinMs: WEBHOOK_PATIENCE_MS }, () => original(request, ...rest));
    };

  const isShop = (name: string) => isShopOf(api, name);

  return {
    ...shopify,
    authenticate: {
      ...authenticate,
      admin,
      webhook,
      ...(authenticate.flow && { flow: flow(authenticate.flow) }),
      ...(authenticate.fulfillmentService && { fulfillmentService: fulfillment(authenticate.fulfillmentService) }),
      ...(authenticate.pos && { pos: verified(authenticate.pos) }),
      ...(authenticate.public && { public: wrapPublic(authenticate.public, { verified, secrets, isShop }) }),
    },
    unauthenticated: {
      ...unauthenticated,
      // Errors pass with their names: a queue judges them.
      admin: (shop: string) => forJob(tokens, shop, () => unauthenticated.admin(shop)),
      ...(unauthenticated.storefront && {
        storefront: (shop: string) => forJob(tokens, shop, () => unauthenticated.storefront!(shop)),
      }),
    },
  };
}

interface WebhookLike {
  shop: string;
  topic: string;
  payload: Record<string, unknown>;
}

/** In base64, as Shopify sends it. */
const HMAC = /^[A-Za-z0-9+/]{43}=$/;
/** https://shopify.dev/docs/apps/build/orders-fulfillment/fulfillment-service-apps/build-for-fulfillment-services */
const FULFILLMENT_KIND = /^[A-Z_]+$/;
/** @throws Response where the answer would come too late. */
function inTime<T>(answer: Promise<T>): Promise<T> {
  const answered = new AbortController();
  const late = sleep(ACTION_PATIENCE_MS, undefined, { signal: answered.signal }).then((): never => {
    throw new Response("Please try again.", { status: 503, headers: { "Retry-After": "5" } });
  });
  return Promise.race([answer, late]).finally(() => answered.abort());
}

function headersOf({ headers }: Request) {
  return deliveryHeaders((name) => headers.get(name));
}

/** Uninstalls and privacy webhooks need no token. */
function patience(topic: string | null): number {
  return /^(app\/uninstalled|customers\/|shop\/redact)/.test(topic ?? "") ? 0 : WEBHOOK_PATIENCE_MS;
}

async function forJob<T>(tokens: Tokens, shop: string, run: () => Promise<T>): Promise<T> {
  await tokens.getSession(shop);
  return tokens.withRequest({ verifiedShop: shop }, run);
}
