import type ts from "typescript";
import type { RuleName } from "./finding-rules.ts";

export type Ts = typeof ts;

/** One file of the scanned app, as rules see it. Names are resolved within the file: where they are declared or imported from. */
export interface Source {
  ts: Ts;
  checker: ts.TypeChecker;
  file: ts.SourceFile;
  /** Relative, with forward slashes. */
  path: string;
  /** The app uses createTokens somewhere: deletions through its storage are right then. */
  isAdopted: boolean;
  report(node: ts.Node, rule: RuleName): void;
}

/** Calls `visit` for a node and everything in it. */
export function walk({ ts }: Source, node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  ts.forEachChild(node, (child) => walk({ ts } as Source, child, visit));
}

/** Takes off await, parentheses, `as`, `satisfies` and `!`. */
export function bare({ ts }: Source, node: ts.Expression): ts.Expression {
  let inner = node;
  while (
    ts.isAwaitExpression(inner) ||
    ts.isParenthesizedExpression(inner) ||
    ts.isAsExpression(inner) ||
    ts.isSatisfiesExpression(inner) ||
    ts.isNonNullExpression(inner)
  ) {
    inner = inner.expression;
  }
  return inner;
}

/** Where a name is declared in its file; the import itself for what comes from elsewhere. */
export function declarationOf({ ts, checker }: Source, name: ts.Identifier): ts.Declaration | undefined {
  const parent = name.parent;
  const symbol =
    parent && ts.isShorthandPropertyAssignment(parent)
      ? checker.getShorthandAssignmentValueSymbol(parent)
      : checker.getSymbolAtLocation(name);
  return symbol?.declarations?.[0];
}

/** The package or file that a name is imported (or required) from. */
export function moduleOf(source: Source, name: ts.Identifier): string | undefined {
  const { ts } = source;
  let node: ts.Node | undefined = declarationOf(source, name);
  while (node && !ts.isImportDeclaration(node) && !ts.isVariableDeclaration(node) && !ts.isSourceFile(node)) {
    if (ts.isFunctionLike(node)) return undefined;
    node = node.parent;
  }
  if (!node || ts.isSourceFile(node)) return undefined;
  if (ts.isImportDeclaration(node)) {
    return ts.isStringLiteral(node.moduleSpecifier) ? node.moduleSpecifier.text : undefined;
  }
  const made = node.initializer && bare(source, node.initializer);
  if (!made || !ts.isCallExpression(made) || made.expression.getText() !== "require") return undefined;
  const [from] = made.arguments;
  return from && ts.isStringLiteral(from) ? from.text : undefined;
}

/** `a.b.c()` → the identifier `a`, or `this`. */
export function rootOf({ ts }: Source, node: ts.Expression): ts.Expression {
  let root = node;
  while (
    ts.isPropertyAccessExpression(root) ||
    ts.isElementAccessExpression(root) ||
    ts.isCallExpression(root) ||
    ts.isNonNullExpression(root) ||
    ts.isParenthesizedExpression(root)
  ) {
    root = root.expression;
  }
  return root;
}

/** Whether a declaration lives as long as the process: it is in no function. */
export function isModuleScope({ ts }: Source, declaration: ts.Node): boolean {
  for (let node = declaration.parent; node; node = node.parent) if (ts.isFunctionLike(node)) return false;
  return true;
}

/** The name of a property in an object literal or a binding, when it is a plain one. */
export function nameOf({ ts }: Source, name: ts.PropertyName | ts.BindingName | undefined): string | undefined {
  return name && (ts.isIdentifier(name) || ts.isStringLiteral(name)) ? name.text : undefined;
}
