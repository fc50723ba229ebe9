import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

import type { GraphQLSchema, IntrospectionQuery } from "graphql";

import { buildClientSchema } from "./graphql.ts";

export interface AdminSchema {
  schema: GraphQLSchema;
  /** Offline scopes by `Type` and `Type.field`, any of which opens it. Entries without scopes are left out. */
  scopes: ReadonlyMap<string, readonly string[]>;
}

interface PublishedSchema {
  data: IntrospectionQuery;
  offline_scopes?: {
    items: { type: "type" | "field"; typeName: string; fieldName?: string; offlineScopes: string[] }[];
  };
}

const loaded = new Map<string, AdminSchema>();

/** The folder of published schemas: the installed package brings them (build.mjs), a clone has them from @shopify/dev-mcp. */
function findSchemas(): string {
  const packed = join(import.meta.dirname, "../../schemas");
  if (existsSync(packed)) return packed;
  const folders = createRequire(import.meta.url).resolve.paths("@shopify/dev-mcp") ?? [];
  const found = folders.map((folder) => join(folder, "@shopify/dev-mcp/dist/data")).find((data) => existsSync(data));
  if (!found) throw new Error("Install @shopify/dev-mcp: the Admin schemas are read from it.");
  return found;
}

const schemas = findSchemas();
const schemaPath = (version: string): string => join(schemas, `admin_${version}.json.gz`);

/** Whether Shopify published an Admin schema for this version (as far as the @shopify/dev-mcp of the build knew). */
export function knowsVersion(version: string): boolean {
  return /^(\d{4}-\d{2}|unstable)$/.test(version) && (loaded.has(version) || existsSync(schemaPath(version)));
}

/** Shopify's published Admin schema, read on first use and kept: about half a second and 70 MB. */
export function loadAdminSchema(version: string): AdminSchema {
  const known = loaded.get(version);
  if (known) return known;
  const published = JSON.parse(gunzipSync(readFileSync(schemaPath(version))).toString()) as PublishedSchema;
  const scopes = new Map<string, readonly string[]>();
  for (const item of published.offline_scopes?.items ?? []) {
    if (item.offlineScopes.length === 0) continue;
    scopes.set(item.fieldName ? `${item.typeName}.${item.fieldName}` : item.typeName, item.offlineScopes);
  }
  const admin: AdminSchema = { schema: buildClientSchema(published.data, { assumeValid: true }), scopes };
  loaded.set(version, admin);
  return admin;
}
