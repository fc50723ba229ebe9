import type { DocumentNode } from "graphql";

import { grantsScope } from "../../platform/scopes.ts";
import type { ShopRecord } from "../../platform/state.ts";
import { getNamedType, TypeInfo, visit, visitWithTypeInfo } from "./graphql.ts";
import type { AdminSchema } from "./schema.ts";

/**
 * Root fields whose published offline scopes the shop has not granted, as the errors that Shopify answers with status 200
 * (ACCESS_DENIED). A query needs what its result's type needs; deeper fields are not looked at.
 */
export function deniedFields(
  { schema, scopes }: AdminSchema,
  document: DocumentNode,
  shop: ShopRecord,
): Record<string, unknown>[] {
  const denied: Record<string, unknown>[] = [];
  const typeInfo = new TypeInfo(schema);
  visit(
    document,
    visitWithTypeInfo(typeInfo, {
      Field(node) {
        const parent = typeInfo.getParentType();
        const isQuery = parent === schema.getQueryType();
        if (!isQuery && parent !== schema.getMutationType()) return;
        const output = typeInfo.getType();
        const typeName = output ? getNamedType(output).name.replace(/Connection$/, "") : "";
        const needed = scopes.get(`${parent?.name}.${node.name.value}`) ?? (isQuery ? scopes.get(typeName) : undefined);
        if (!needed || needed.some((scope) => grantsScope(shop.scopes, scope))) return;
        const requiredAccess = needed.map((scope) => `\`${scope}\` access scope`).join(" or ");
        denied.push({
          message: `Access denied for ${node.name.value} field. Required access: ${requiredAccess}.`,
          locations: [{ line: node.loc?.startToken.line ?? 1, column: node.loc?.startToken.column ?? 1 }],
          extensions: {
            code: "ACCESS_DENIED",
            documentation: "https://shopify.dev/api/usage/access-scopes",
            requiredAccess,
          },
          path: [node.alias?.value ?? node.name.value],
        });
      },
    }),
  );
  return denied;
}
