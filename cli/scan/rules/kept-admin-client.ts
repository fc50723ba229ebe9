import type ts from "typescript";
import { bare, declarationOf, isModuleScope, nameOf, rootOf, walk, type Source } from "../source.ts";

const LIBRARY_CALL = /\b(authenticate|unauthenticated)\.[\w.]+$/;
const CLIENT_CLASS = /\bclients\.(?:Graphql|Rest)$/;
const TIMER = /^(?:setInterval|cron\.schedule|schedule\w*|.*\.(?:scheduleJob|schedule|every))$/;
const WAITS = /(?:^|\.)(?:sleep|delay|wait\w*|pause|setTimeout)$/i;

type Origin = "authenticate" | "unauthenticated" | "client";

/** Admin clients that outlive the request or the job that they were made for. */
export function findKeptAdminClients(source: Source): void {
  const { ts } = source;
  const reported = new Set<ts.Node>();
  const report = (node: ts.Node, rule: "kept-admin-client" | "long-lived-admin-client", once: ts.Node = node) => {
    if (!reported.has(once)) source.report(node, rule);
    reported.add(once);
  };
  walk(source, source.file, (node) => {
    if (ts.isVariableDeclaration(node) && node.initializer && isModuleScope(source, node)) {
      if (madeBy(source, node.initializer)) report(node, "kept-admin-client");
    } else if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.EqualsToken) {
      if (clientIn(source, node.right) && livesOn(source, node.left)) report(node, "kept-admin-client");
    } else if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)) {
      const { name, expression } = node.expression;
      const [, kept] = node.arguments;
      if (name.text === "set" && kept && clientIn(source, kept) && livesOn(source, expression))
        report(node, "kept-admin-client");
    }
    if (ts.isIdentifier(node) && isUse(source, node)) {
      const declared = declarationOf(source, node);
      if (declared && originOf(source, declared) === "unauthenticated" && isUsedForLong(source, node, declared)) {
        report(node, "long-lived-admin-client", declared);
      }
    }
  });
}

/** The call that a client, or the answer with a client in it, comes from. */
function madeBy(source: Source, given: ts.Expression): Origin | undefined {
  const { ts } = source;
  const node = bare(source, given);
  if (ts.isPropertyAccessExpression(node) && node.name.text === "admin") return madeBy(source, node.expression);
  if (ts.isNewExpression(node)) return CLIENT_CLASS.test(node.expression.getText()) ? "client" : undefined;
  return ts.isCallExpression(node)
    ? (LIBRARY_CALL.exec(node.expression.getText())?.[1] as Origin | undefined)
    : undefined;
}

function originOf(source: Source, declared: ts.Declaration): Origin | undefined {
  const { ts } = source;
  if (ts.isVariableDeclaration(declared)) return declared.initializer && madeBy(source, declared.initializer);
  if (!ts.isBindingElement(declared) || nameOf(source, declared.propertyName ?? declared.name) !== "admin")
    return undefined;
  const from = declared.parent.parent;
  return ts.isVariableDeclaration(from) && from.initializer ? madeBy(source, from.initializer) : undefined;
}

/** Whether a value is a client, or an answer with one in it. Sessions and plain data taken out of an answer are none. */
function clientIn(source: Source, given: ts.Expression): boolean {
  const { ts } = source;
  const node = bare(source, given);
  if (ts.isIdentifier(node)) {
    const declared = declarationOf(source, node);
    return !!declared && originOf(source, declared) !== undefined;
  }
  if (ts.isPropertyAccessExpression(node)) return node.name.text === "admin" && clientIn(source, node.expression);
  if (ts.isObjectLiteralExpression(node)) {
    return node.properties.some((one) =>
      ts.isPropertyAssignment(one)
        ? clientIn(source, one.initializer)
        : ts.isShorthandPropertyAssignment(one) && clientIn(source, one.name),
    );
  }
  return madeBy(source, node) !== undefined;
}

/** Whether what is assigned to lives on after the function: a field, a global, or something of the module. */
function livesOn(source: Source, target: ts.Expression): boolean {
  const { ts } = source;
  const root = rootOf(source, target);
  if (root.kind === ts.SyntaxKind.ThisKeyword) return true;
  if (!ts.isIdentifier(root)) return false;
  if (/^(?:globalThis|global|module|exports)$/.test(root.text)) return true;
  const declared = declarationOf(source, root);
  return !!declared && isModuleScope(source, declared);
}

/** A name that is read, not the place where it is declared. */
function isUse({ ts }: Source, node: ts.Identifier): boolean {
  const { parent } = node;
  return !(
    ts.isBindingElement(parent) ||
    ts.isVariableDeclaration(parent) ||
    (ts.isPropertyAccessExpression(parent) && parent.name === node)
  );
}

/** In a timer's function, or in a loop that has no end or waits, while it was made outside. */
function isUsedForLong(source: Source, node: ts.Identifier, declared: ts.Declaration): boolean {
  const { ts } = source;
  for (let around: ts.Node = node; around.parent; around = around.parent) {
    const outer = around.parent;
    if (
      ts.isFunctionLike(around) &&
      ts.isCallExpression(outer) &&
      TIMER.test(outer.expression.getText()) &&
      !isWithin(declared, around)
    )
      return true;
    if (
      ts.isIterationStatement(around, false) &&
      !isWithin(declared, around) &&
      (isEndless(source, around) || waits(source, around))
    )
      return true;
  }
  return false;
}

function isWithin(node: ts.Node, outer: ts.Node): boolean {
  return node.pos >= outer.pos && node.end <= outer.end;
}

function isEndless({ ts }: Source, loop: ts.IterationStatement): boolean {
  if (ts.isForStatement(loop)) return !loop.condition;
  return (ts.isWhileStatement(loop) || ts.isDoStatement(loop)) && loop.expression.kind === ts.SyntaxKind.TrueKeyword;
}

function waits(source: Source, loop: ts.IterationStatement): boolean {
  let found = false;
  walk(source, loop, (node) => {
    if (source.ts.isCallExpression(node) && WAITS.test(node.expression.getText())) found = true;
  });
  return found;
}
