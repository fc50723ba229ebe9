import { addMocksToSchema } from "@graphql-tools/mock";
import type { DocumentNode, GraphQLError as GraphQLErrorType, GraphQLSchema } from "graphql";

import type { PlatformState, ShopRecord } from "../../platform/state.ts";
import { deniedFields } from "./denied-fields.ts";
import { requestedCost, takePoints } from "./cost.ts";
import {
  defaultFieldResolver,
  execute,
  getOperationAST,
  GraphQLError,
  isAbstractType,
  isEnumType,
  isObjectType,
  Kind,
  parse,
  validate,
} from "./graphql.ts";
import type { ResolverContext } from "./resolver-context.ts";
import { RESOLVERS } from "./resolvers.ts";
import { loadAdminSchema, type AdminSchema } from "./schema.ts";

interface Executable {
  admin: AdminSchema;
  mocked: GraphQLSchema;
  documents: Map<string, Prepared>;
}

type Prepared = { document: DocumentNode; errors: readonly GraphQLErrorType[] };

const executables = new Map<string, Executable>();
const MAX_DOCUMENTS = 500;

/** The published schema with the simulator's own answers in it; everything else is mocked. Built on first use. */
function executableFor(version: string): Executable {
  const known = executables.get(version);
  if (known) return known;
  const admin = loadAdminSchema(version);
  const mocked = addMocksToSchema({
    schema: admin.schema,
    mocks: {
      ...firstChoices(admin.schema),
      Int: () => 1,
      Float: () => 1,
      Boolean: () => false,
      DateTime: () => "2026-01-01T00:00:00Z",
      Date: () => "2026-01-01",
      URL: () => "https://example.com/",
      Decimal: () => "1.00",
      Money: () => "1.00",
      JSON: () => ({}),
      HTML: () => "<p></p>",
      FormattedString: () => "",
      UnsignedInt64: () => "1",
      BigInt: () => "1",
      ARN: () => "arn:aws:events:us-east-1::event-source/aws.partner/shopify.com/1/example",
      UtcOffset: () => "+01:00",
      Color: () => "#000000",
      StorefrontID: () => "gid://shopify/Product/1",
      UserError: () => ({ field: null, message: "" }),
    },
  });
  for (const [path, resolver] of Object.entries(RESOLVERS)) {
    const [typeName, fieldName] = path.split(".") as [string, string];
    const type = mocked.getType(typeName);
    const field = isObjectType(type) ? type.getFields()[fieldName] : undefined;
    if (field)
      field.resolve = (parent, args, context) => resolver(parent as never, args as never, context as ResolverContext);
  }
  preferGivenValues(mocked);
  const executable: Executable = { admin, mocked, documents: new Map() };
  executables.set(version, executable);
  return executable;
}

/** The first value of each enumeration and the first type of each abstract one, where the library would draw lots. */
function firstChoices(schema: GraphQLSchema): Record<string, () => unknown> {
  const mocks: Record<string, () => unknown> = {};
  for (const type of Object.values(schema.getTypeMap())) {
    if (isEnumType(type)) mocks[type.name] = () => type.getValues()[0]?.value;
    if (isAbstractType(type)) mocks[type.name] = () => ({ __typename: schema.getPossibleTypes(type)[0]?.name });
  }
  return mocks;
}

/** Fields that the parent object carries are taken from it; mocks only fill the gaps. */
function preferGivenValues(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith("__")) continue;
    for (const [name, field] of Object.entries(type.getFields())) {
      if (`${type.name}.${name}` in RESOLVERS) continue;
      const mock = field.resolve ?? defaultFieldResolver;
      field.resolve = (parent: unknown, args, context, info) => {
        if (parent !== null && typeof parent === "object" && !("$ref" in parent) && name in parent) {
          return (parent as Record<string, unknown>)[name];
        }
        const value = mock(parent, args, context, info) as unknown;
        return name === "id" && typeof value === "string" ? globalId(type.name, value) : value;
      };
    }
  }
}

/** Mocked ids look like Shopify's and stay the same for the same mocked object. */
function globalId(typeName: string, value: string): string {
  if (value.startsWith("gid://")) return value;
  const digits = Number.parseInt(value.replace(/[^0-9a-f]/gi, "").slice(0, 8) || "1", 16);
  return `gid://shopify/${typeName}/${digits}`;
}

function prepare(executable: Executable, query: string): Prepared {
  const known = executable.documents.get(query);
  if (known) return known;
  let prepared: Prepared;
  try {
    const document = parse(query);
    prepared = { document, errors: validate(executable.admin.schema, document) };
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    prepared = { document: { kind: Kind.DOCUMENT, definitions: [] }, errors: [error] };
  }
  if (executable.documents.size >= MAX_DOCUMENTS) executable.documents.clear();
  executable.documents.set(query, prepared);
  return prepared;
}

export interface GraphqlRequest {
  query: string;
  variables?: Record<string, unknown>;
  operationName?: string;
}

/** Answers one Admin GraphQL request with data, errors and the cost extension. HTTP status is always 200. */
export async function executeAdminQuery(
  state: PlatformState,
  shop: ShopRecord,
  version: string,
  request: GraphqlRequest,
): Promise<Record<string, unknown>> {
  const executable = executableFor(version);
  const { document, errors } = prepare(executable, request.query);
  if (errors.length > 0) return { errors: errors.map(formatError) };
  const operation = getOperationAST(document, request.operationName);
  if (!operation)
    return { errors: [{ message: "An operation name is required", extensions: { code: "BAD_REQUEST" } }] };
  const variables = request.variables ?? {};
  const cost = requestedCost(executable.admin.schema, operation, variables);
  const points = takePoints(shop, cost, state.clock.now());
  const extensions = {
    cost: {
      requestedQueryCost: cost,
      actualQueryCost: points.enough ? cost : null,
      throttleStatus: {
        maximumAvailable: points.maximum,
        currentlyAvailable: points.available,
        restoreRate: points.rate,
      },
    },
  };
  if (!points.enough) {
    const documentation = "https://shopify.dev/api/usage/rate-limits";
    return { errors: [{ message: "Throttled", extensions: { code: "THROTTLED", documentation } }], extensions };
  }
  const denied = deniedFields(executable.admin, document, shop);
  if (denied.length > 0) return { data: null, errors: denied, extensions };
  const result = await execute({
    schema: executable.mocked,
    document,
    variableValues: variables,
    operationName: request.operationName,
    contextValue: { state, shop } satisfies ResolverContext,
  });
  return {
    ...(result.data === undefined ? {} : { data: result.data }),
    ...(result.errors ? { errors: result.errors.map(formatError) } : {}),
    extensions,
  };
}

const UNKNOWN_FIELD = /^Cannot query field "([^"]+)" on type "([^"]+)"/;

/** In Shopify's words where they differ from graphql-js's: an unknown field is the mistake made most. */
function formatError(error: GraphQLErrorType): Record<string, unknown> {
  const [, fieldName, typeName] = UNKNOWN_FIELD.exec(error.message) ?? [];
  const unknown = fieldName !== undefined;
  return {
    message: unknown ? `Field '${fieldName}' doesn't exist on type '${typeName}'` : error.message,
    locations: error.locations,
    ...(error.path ? { path: error.path } : {}),
    extensions: unknown ? { code: "undefinedField", typeName, fieldName } : { ...error.extensions },
  };
}
