import { moduleOf, walk, type Source } from "../source.ts";

const STORAGE_PACKAGE = /^@shopify\/shopify-app-session-storage-/;

/** Shopify's own session storages, made or extended. */
export function findSessionStorages(source: Source): void {
  const { ts } = source;
  walk(source, source.file, (node) => {
    const made = ts.isNewExpression(node)
      ? node.expression
      : ts.isHeritageClause(node) && node.token === ts.SyntaxKind.ExtendsKeyword
        ? node.types[0]?.expression
        : undefined;
    if (!made || !ts.isIdentifier(made)) return;
    if (STORAGE_PACKAGE.test(moduleOf(source, made) ?? "")) source.report(node, "session-storage");
  });
}
