import type { ResolverContext } from "./resolver-context.ts";

export interface MetafieldInput {
  ownerId: string;
  namespace?: string | null;
  key: string;
  type?: string | null;
  value: string;
}

interface StoredMetafield {
  __typename: "Metafield";
  id: string;
  ownerId: string;
  namespace: string;
  key: string;
  type: string;
  value: string;
  jsonValue: unknown;
  createdAt: string;
  updatedAt: string;
  compareDigest: string;
  ownerType: string;
}

const PREFIX = "metafield ";

/** `$app` and a missing namespace mean the app's reserved one (shopify.dev, ownership of metafields). */
function namespaceOf({ state }: ResolverContext, namespace: string | null | undefined): string {
  const own = `app--${state.app.clientId}`;
  if (!namespace || namespace === "$app") return own;
  return namespace.startsWith("$app:") ? `${own}--${namespace.slice("$app:".length)}` : namespace;
}

const keyOf = (ownerId: string, namespace: string, key: string): string => `${PREFIX}${ownerId} ${namespace} ${key}`;

export function metafieldsSet(context: ResolverContext, inputs: readonly MetafieldInput[]): unknown {
  const { state, shop } = context;
  const data = (shop.data ??= new Map<string, unknown>());
  const now = new Date(state.clock.now()).toISOString();
  const userErrors: Record<string, unknown>[] = [];
  const staged: [string, StoredMetafield][] = [];
  inputs.forEach((input, index) => {
    const namespace = namespaceOf(context, input.namespace);
    const id = keyOf(input.ownerId, namespace, input.key);
    const before = data.get(id) as StoredMetafield | undefined;
    const type = input.type ?? before?.type;
    if (!type) {
      userErrors.push({
        field: ["metafields", String(index), "type"],
        message: "Type can't be blank",
        code: "BLANK",
        elementIndex: null,
      });
      return;
    }
    staged.push([
      id,
      {
        __typename: "Metafield",
        id: before?.id ?? `gid://shopify/Metafield/${state.random.uint32()}`,
        ownerId: input.ownerId,
        ownerType: (input.ownerId.split("/")[3] ?? "SHOP").toUpperCase(),
        namespace,
        key: input.key,
        type,
        value: input.value,
        jsonValue: jsonValueOf(input.value),
        createdAt: before?.createdAt ?? now,
        updatedAt: now,
        compareDigest: state.random.hex(64),
      },
    ]);
  });
  if (userErrors.length > 0) return { metafields: null, userErrors };
  for (const [id, metafield] of staged) data.set(id, metafield);
  return { metafields: staged.map(([, metafield]) => metafield), userErrors: [] };
}

export function readMetafield(
  context: ResolverContext,
  ownerId: string,
  args: { namespace?: string; key: string },
): unknown {
  const [namespace, key] =
    args.namespace === undefined && args.key.includes(".")
      ? (args.key.split(".", 2) as [string, string])
      : [args.namespace, args.key];
  return context.shop.data?.get(keyOf(ownerId, namespaceOf(context, namespace), key)) ?? null;
}

export function readMetafields(
  context: ResolverContext,
  ownerId: string,
  args: { namespace?: string; first?: number; last?: number },
): unknown {
  const namespace = args.namespace === undefined ? undefined : namespaceOf(context, args.namespace);
  const all = [...(context.shop.data ?? [])]
    .filter(
      ([id, value]) =>
        id.startsWith(`${PREFIX}${ownerId} `) && (!namespace || (value as StoredMetafield).namespace === namespace),
    )
    .map(([, value]) => value as StoredMetafield);
  const nodes = args.last === undefined ? all.slice(0, args.first) : all.slice(-args.last);
  return {
    nodes,
    edges: nodes.map((node) => ({ node, cursor: node.id })),
    pageInfo: { hasNextPage: nodes.length < all.length, hasPreviousPage: false, startCursor: null, endCursor: null },
  };
}

function jsonValueOf(value: string): unknown {
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}
