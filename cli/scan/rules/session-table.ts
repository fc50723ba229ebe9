import type ts from "typescript";
import { bare, nameOf, walk, type Source } from "../source.ts";
import { TOKEN_KEY } from "./token-in-job.ts";

/** Prisma's methods that no other library's `session` has; the others need a client of that name in front. */
const OF_PRISMA_ALONE =
  /^(?:findMany|findFirst|findFirstOrThrow|findUnique|findUniqueOrThrow|createMany|updateMany|deleteMany|upsert)$/;
/** `Session`, or `ShopifySession` with an `@@map`. */
const MODEL = /^(?:shopify_?)?session$/i;
const OF_PRISMA = /^(?:create|update|delete)$/;
const PRISMA_CLIENT = /(?:^|\.)(?:\w*prisma\w*|db|database|tx|trx)$/i;
const READS = /^find/;
const DELETES = /^delete/;

const SQL = /^\s*(?:select|insert|update|delete|with)\b/i;
const TABLE = /\b(?:from|join|into|update)\s+(?:only\s+)?(?:["`]?\w+["`]?\.)?(["`]?\w+["`]?)/gi;
/** Not the time at which one ends. */
const TOKEN_COLUMN = /access_?token|refresh_?token(?!_?expires)/i;
const UNINSTALLED = /APP_UNINSTALLED|app\/uninstalled/;

/** Reads, writes and deletions of the table of sessions past the storage: Prisma's model and SQL; and deletions in app/uninstalled. */
export function findSessionTable(source: Source): void {
  const { ts } = source;
  walk(source, source.file, (node) => {
    if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)) {
      const { name, expression } = node.expression;
      if (isPrismaSession(source, expression, name.text)) judgePrisma(source, node, name.text);
      else if (/^deleteSessions?$/.test(name.text) && !source.isAdopted && isInUninstall(source, node)) {
        source.report(node, "session-deleted-on-uninstall");
      }
    } else if (ts.isStringLiteralLike(node) || ts.isTemplateExpression(node)) judgeSql(source, node);
  });
}

function isPrismaSession({ ts }: Source, node: ts.Expression, method: string): boolean {
  if (!ts.isPropertyAccessExpression(node) || !MODEL.test(node.name.text)) return false;
  return OF_PRISMA_ALONE.test(method) || (OF_PRISMA.test(method) && PRISMA_CLIENT.test(node.expression.getText()));
}

function judgePrisma(source: Source, call: ts.CallExpression, method: string): void {
  if (DELETES.test(method)) {
    source.report(call, isInUninstall(source, call) ? "session-deleted-on-uninstall" : "session-table");
    return;
  }
  const options = call.arguments[0];
  const touched = READS.test(method) ? ["select"] : ["data", "create", "update"];
  const named = touched.map((name) => keysOf(source, options, name)).filter((keys) => keys !== undefined);
  // Named columns without a token among them do no harm; without names every column is meant.
  if (named.length > 0 && !named.flat().some((key) => key === undefined || TOKEN_KEY.test(key))) return;
  source.report(call, "session-table");
}

/** The keys of `{ [property]: { … } }`; undefined when the property is not there, an undefined key for what cannot be read here. */
function keysOf(source: Source, node: ts.Expression | undefined, property: string): (string | undefined)[] | undefined {
  const { ts } = source;
  if (!node || !ts.isObjectLiteralExpression(node)) return undefined;
  const found = node.properties.find((one) => nameOf(source, one.name as ts.PropertyName | undefined) === property);
  if (!found) return undefined;
  const value = ts.isPropertyAssignment(found) ? bare(source, found.initializer) : undefined;
  if (!value || !ts.isObjectLiteralExpression(value)) return [undefined];
  return value.properties.map((one) => nameOf(source, one.name as ts.PropertyName | undefined));
}

function judgeSql(source: Source, node: ts.StringLiteralLike | ts.TemplateExpression): void {
  const { ts } = source;
  const sql = ts.isTemplateExpression(node)
    ? [node.head.text, ...node.templateSpans.map((span) => span.literal.text)].join(" ? ")
    : node.text;
  if (!SQL.test(sql)) return;
  const isSession = ([, name = ""]: RegExpExecArray) =>
    /^(?:Session|shopify_sessions)$/.test(name.replaceAll(/["`]/g, ""));
  const tables = [...sql.matchAll(TABLE)];
  if (!tables.some(isSession)) return;
  if (/^\s*delete\b/i.test(sql) && isSession(tables[0]!)) {
    source.report(node, isInUninstall(source, node) ? "session-deleted-on-uninstall" : "session-table");
    return;
  }
  // What a SELECT looks at in its conditions does not leave the database.
  const given = /^\s*select\b/i.test(sql) ? selected(sql) : sql;
  const everything = /\*/.test(given.replaceAll(/count\s*\(\s*\*\s*\)/gi, ""));
  if (TOKEN_COLUMN.test(given) || everything) source.report(node, "session-table");
}

/** The lists between SELECT and FROM. */
function selected(sql: string): string {
  const [, ...parts] = sql.split(/\bselect\b/i);
  return parts.map((part) => part.split(/\bfrom\b/i, 1)[0]).join(" ");
}

/** In a handler of app/uninstalled, by the names around it: of the file, a case, a condition, a property, a function or a route. */
function isInUninstall({ ts, path }: Source, node: ts.Node): boolean {
  if (/uninstall/i.test(path)) return true;
  for (let around = node.parent; around; around = around.parent) {
    if (ts.isCaseClause(around) && UNINSTALLED.test(around.expression.getText())) return true;
    if (ts.isIfStatement(around) && UNINSTALLED.test(around.expression.getText())) return true;
    if (ts.isPropertyAssignment(around) && /uninstall/i.test(around.name.getText())) return true;
    if (ts.isFunctionLike(around) && around.name && /uninstall/i.test(around.name.getText())) return true;
    if (ts.isVariableDeclaration(around) && /uninstall/i.test(around.name.getText())) return true;
    if (
      ts.isCallExpression(around) &&
      around.arguments.some((one) => ts.isStringLiteralLike(one) && /uninstall/i.test(one.text))
    )
      return true;
  }
  return false;
}
