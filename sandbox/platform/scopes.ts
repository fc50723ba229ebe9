/** Whether a scope is granted: by itself, or because writing implies reading (shopify.dev, access scopes). */
export function grantsScope(granted: readonly string[], scope: string): boolean {
  return granted.includes(scope) || (scope.startsWith("read_") && granted.includes(scope.replace(/^read_/, "write_")));
}
