import type { PlatformState, ShopRecord } from "../../platform/state.ts";
import type { ResolverContext } from "./resolver-context.ts";
import { metafieldsSet, readMetafield, readMetafields, type MetafieldInput } from "./metafields.ts";

type Resolver = (parent: Record<string, unknown>, args: never, context: ResolverContext) => unknown;

const gid = (type: string, id: number | string): string => `gid://shopify/${type}/${id}`;

function planOf(plan: string): Record<string, unknown> {
  const plus = /plus/i.test(plan);
  const development = /dev|partner/i.test(plan);
  return {
    __typename: "ShopPlan",
    displayName: plan,
    publicDisplayName: plan,
    partnerDevelopment: development,
    shopifyPlus: plus,
  };
}

function shopNode(shop: ShopRecord): Record<string, unknown> {
  const handle = shop.domain.slice(0, shop.domain.indexOf("."));
  return {
    __typename: "Shop",
    id: gid("Shop", shop.id),
    name: shop.name,
    email: shop.email,
    contactEmail: shop.email,
    shopOwnerName: "Sandy Shore",
    myshopifyDomain: shop.domain,
    url: `https://${shop.domain}`,
    primaryDomain: {
      __typename: "Domain",
      id: gid("Domain", shop.id),
      host: shop.domain,
      url: `https://${shop.domain}`,
      sslEnabled: true,
    },
    plan: planOf(shop.plan),
    currencyCode: "EUR",
    ianaTimezone: "Europe/Berlin",
    timezoneAbbreviation: "CET",
    weightUnit: "KILOGRAMS",
    unitSystem: "METRIC_SYSTEM",
    setupRequired: false,
    taxesIncluded: true,
    createdAt: new Date(shop.createdAt).toISOString(),
    updatedAt: new Date(shop.createdAt).toISOString(),
    description: null,
    handle,
  };
}

function installationNode({ state, shop }: ResolverContext): Record<string, unknown> {
  return {
    __typename: "AppInstallation",
    id: gid("AppInstallation", shop.id),
    accessScopes: shop.scopes.map((handle) => ({ __typename: "AccessScope", handle, description: handle })),
    launchUrl: `${state.app.url}/`,
    uninstallUrl: null,
    activeSubscriptions: [],
    app: appNode(state),
  };
}

function appNode(state: PlatformState): Record<string, unknown> {
  const scope = (handle: string): Record<string, unknown> => ({
    __typename: "AccessScope",
    handle,
    description: handle,
  });
  return {
    __typename: "App",
    id: gid("App", 1),
    title: state.app.name ?? "Sandbox app",
    handle: state.app.handle ?? "sandbox-app",
    apiKey: state.app.clientId,
    embedded: true,
    requestedAccessScopes: state.app.scopes.map(scope),
    optionalAccessScopes: [],
  };
}

/** Fields with an answer of their own; everything else in the schema is mocked. Keys are `Type.field`. */
export const RESOLVERS: Record<string, Resolver> = {
  "QueryRoot.shop": (_parent, _args, { shop }) => shopNode(shop),
  "QueryRoot.currentAppInstallation": (_parent, _args, context) => installationNode(context),
  /** None: the app's own configuration declares them, and those are not listed here. */
  "QueryRoot.webhookSubscriptions": () => ({ edges: [], nodes: [], pageInfo: { hasNextPage: false, endCursor: null } }),
  "Shop.metafield": (parent, args: { namespace?: string; key: string }, context) =>
    readMetafield(context, String(parent.id), args),
  "Shop.metafields": (parent, args: { namespace?: string; first?: number }, context) =>
    readMetafields(context, String(parent.id), args),
  "AppInstallation.metafield": (parent, args: { namespace?: string; key: string }, context) =>
    readMetafield(context, String(parent.id), args),
  "AppInstallation.metafields": (parent, args: { namespace?: string; first?: number }, context) =>
    readMetafields(context, String(parent.id), args),
  "Mutation.metafieldsSet": (_parent, args: { metafields: MetafieldInput[] }, context) =>
    metafieldsSet(context, args.metafields),
};
