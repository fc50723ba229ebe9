import { createRequire } from "node:module";

import type * as Graphql from "graphql";

/**
 * The one copy of graphql that @graphql-tools uses too. A bundler or test runner may resolve a plain import to the
 * package's other build, and graphql refuses schemas made by another copy of itself.
 */
const graphql = createRequire(import.meta.url)("graphql") as typeof Graphql;

export const {
  buildClientSchema,
  defaultFieldResolver,
  execute,
  getNamedType,
  getOperationAST,
  GraphQLError,
  isAbstractType,
  isCompositeType,
  isEnumType,
  isObjectType,
  Kind,
  parse,
  TypeInfo,
  validate,
  visit,
  visitWithTypeInfo,
} = graphql;
