import type { FieldNode, GraphQLOutputType, GraphQLSchema, OperationDefinitionNode } from "graphql";

import type { ShopRecord } from "../../platform/state.ts";
import { getNamedType, isCompositeType, TypeInfo, visit, visitWithTypeInfo } from "./graphql.ts";

/** Points restored in a second, by plan (shopify.dev, API limits). The bucket holds twenty times as much. */
function restoreRate(plan: string): number {
  if (/plus/i.test(plan)) return 1_000;
  if (/advanced/i.test(plan)) return 200;
  return 100;
}

/** Takes `cost` points out of the shop's bucket if they are there. Returns what is left, and whether it was enough. */
export function takePoints(
  shop: ShopRecord,
  cost: number,
  now: number,
): { enough: boolean; available: number; maximum: number; rate: number } {
  const rate = restoreRate(shop.plan);
  const maximum = rate * 20;
  const bucket = shop.cost ?? { available: maximum, at: now };
  const restored = Math.min(maximum, bucket.available + (Math.max(0, now - bucket.at) / 1000) * rate);
  const enough = restored >= cost;
  const available = enough ? restored - cost : restored;
  shop.cost = { available, at: now };
  return { enough, available: Math.floor(available), maximum, rate };
}

/**
 * The requested cost by Shopify's published rules of thumb: scalars are free, an object is a point, a connection costs
 * its page times what is in it, a mutation ten. An estimate: Shopify's own weights differ by field.
 */
export function requestedCost(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): number {
  const typeInfo = new TypeInfo(schema);
  const totals: number[] = [0];
  const factors: number[] = [1];
  visit(
    operation,
    visitWithTypeInfo(typeInfo, {
      Field: {
        enter(node) {
          factors.push(1);
          const type = typeInfo.getType();
          const parent = typeInfo.getParentType();
          const factor = factors.reduce((product, one) => product * one, 1);
          if (parent === schema.getMutationType()) totals[0]! += 10;
          else if (type && isCompositeType(getNamedType(type)) && !isConnection(type)) totals[0]! += factor;
          if (type && isConnection(type)) factors[factors.length - 1] = pageSize(node, variables);
        },
        leave() {
          factors.pop();
        },
      },
    }),
  );
  return Math.ceil(totals[0]!);
}

function isConnection(type: GraphQLOutputType): boolean {
  return getNamedType(type).name.endsWith("Connection");
}

function pageSize(node: FieldNode, variables: Readonly<Record<string, unknown>>): number {
  for (const argument of node.arguments ?? []) {
    if (argument.name.value !== "first" && argument.name.value !== "last") continue;
    if (argument.value.kind === "IntValue") return Number(argument.value.value);
    if (argument.value.kind === "Variable") return Number(variables[argument.value.name.value] ?? 1);
  }
  return 1;
}
