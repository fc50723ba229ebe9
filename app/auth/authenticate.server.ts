import { redirect, type AppLoadContext, type LoaderFunctionArgs } from "@remix-run/node";
import { services } from "../services.server.ts";
import type { AdminClient, Session } from "../tokens/index.ts";
import { isRobot } from "./identity/is-robot.ts";
import { readParameters, type Parameters } from "./identity/read-parameters.ts";
import { verifyIdToken } from "./identity/verify-id-token.server.ts";
import { chooseInstallFlow, type InstallFlow } from "./install/install-flow.server.ts";
import { openFromOutside } from "./open-from-outside.server.ts";
import { adminHost } from "./shopify-addresses.server.ts";
import { askForAuthorization, problemResponse, toResponse } from "./token-error-response.server.ts";

/** What an embedded route knows of the merchant's request. */
export interface AdminContext {
  /** Verified: named by the ID token that Shopify signed. */
  shop: string;
  /** An Admin client that heals refused tokens by itself. */
  admin: AdminClient;
}

/**
 * Authenticates a request of the embedded app and runs `run` for it. Who is asking is told by the ID token alone, in both install
 * flows; whatever else the address says is not used. A document without one comes from outside Shopify Admin (`openFromOutside`), or
 * goes to the bounce page, which brings one.
 *
 * The loaders of one document run side by side; they share one authentication. Whatever goes wrong becomes an HTTP answer in
 * `toResponse`.
 * @throws Response
 */
export async function withAdmin<T>(
  { request, context }: Pick<LoaderFunctionArgs, "request" | "context">,
  run: (admin: AdminContext) => Promise<T>,
): Promise<T> {
  let flow: InstallFlow | undefined;
  try {
    const authenticated = await authenticateOnce(request, context);
    const { shop, session, idToken } = authenticated;
    flow = authenticated.flow;
    return await run({ shop, admin: services.tokens.admin(shop, { idToken, session }) });
  } catch (error) {
    throw await toResponse(error, request, flow);
  }
}

interface Authenticated {
  shop: string;
  flow: InstallFlow;
  session: Session;
  /** Where the flow may exchange it. */
  idToken: string | undefined;
}

/** By request: Remix gives all its loaders, and its document, the same context object. */
const authentications = new WeakMap<AppLoadContext, Promise<Authenticated>>();
const verifiedShops = new WeakMap<AppLoadContext, string>();

/** The shop that an ID token has proved this request to be of. The only shop that a security header may name. */
export function verifiedShopOf(context: AppLoadContext): string | undefined {
  return verifiedShops.get(context);
}

async function authenticateOnce(request: Request, context: AppLoadContext): Promise<Authenticated> {
  const authenticated = authentications.get(context) ?? authenticate(request, context);
  authentications.set(context, authenticated);
  try {
    return await authenticated;
  } catch (error) {
    // Each loader throws a response of its own: a body can be read once.
    throw error instanceof Response ? error.clone() : error;
  }
}

async function authenticate(request: Request, context: AppLoadContext): Promise<Authenticated> {
  const { env, flags, tokens } = services;
  if (isRobot(request)) throw problemResponse(410, { code: "robot" });
  const parameters = readParameters(request);
  if (comesFromOutside(request, parameters)) throw await openFromOutside(parameters);

  const idToken = findIdToken(request, parameters);
  const shop = await verifyIdToken(idToken);
  verifiedShops.set(context, shop);
  if (!request.headers.has("authorization") && !parameters.get("host")) throw withHost(parameters, shop);
  const flow = await chooseInstallFlow(env.phase, flags, shop);
  const exchangeable = flow === "token_exchange" ? idToken : undefined;
  const session = await tokens.getSession(shop, { idToken: exchangeable, withState: true });
  if (flow === "authorization_code" && !session.isScopeIncluded(env.SCOPES))
    throw await askForAuthorization(request, shop, "missing_scopes", 1);
  return { shop, flow, session, idToken: exchangeable };
}

/** App Bridge's header on data requests; `id_token` on documents that Shopify Admin opens. */
function findIdToken(request: Request, parameters: Parameters): string | undefined {
  const header = request.headers.get("authorization");
  if (header === null) return parameters.get("id_token");
  return header.startsWith("Bearer ") ? header.slice("Bearer ".length) : undefined;
}

/** A document that was not opened inside Shopify Admin. `empty` is a page's own request for data, never a document. */
function comesFromOutside(request: Request, parameters: Parameters): boolean {
  return (
    !request.headers.has("authorization") &&
    parameters.get("embedded") !== "1" &&
    !["iframe", "empty"].includes(request.headers.get("sec-fetch-dest") ?? "")
  );
}

/** App Bridge finds the Admin by `host` in the address of the document: without it the page would stand still. */
function withHost(parameters: Parameters, shop: string): Response {
  const query = parameters.all();
  query.set("embedded", "1");
  query.set("shop", shop);
  query.set("host", adminHost(shop));
  return redirect(`${parameters.path}?${query}`);
}
