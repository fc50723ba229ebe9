/** Addresses that are counted under their own name; everything else shares one, so that metrics stay few. */
const EXACT = new Set([
  "/",
  "/app",
  "/app/connection",
  "/auth",
  "/auth/callback",
  "/auth/session-token",
  "/auth/exit-iframe",
  "/auth/login",
  "/webhooks/app/uninstalled",
  "/webhooks/app/scopes_update",
  "/webhooks/customers/data_request",
  "/webhooks/customers/redact",
  "/webhooks/shop/redact",
  "/admin/migrate-tokens",
  "/admin/token-health",
  "/admin",
  "/admin/login",
  "/admin/logout",
  "/admin/runs",
  "/admin/runs/new",
  "/admin/shops",
  "/admin/shops/export",
  "/admin/jobs",
  "/metrics",
  "/healthz",
  "/readyz",
]);

/** The name under which a path is counted. Single fetch asks for `<page>.data`; that counts as the page. */
export function routeLabel(path: string): string {
  const page = path.replace(/\.data$/, "").replace(/\/_root$/, "/");
  if (EXACT.has(page)) return page;
  if (page === "/_root" || page === "/_index") return "/";
  if (page === "/app/_index") return "/app";
  if (page.startsWith("/assets/")) return "assets";
  if (page.startsWith("/admin/migrate-tokens/")) return "/admin/migrate-tokens/:id";
  if (page.startsWith("/admin/runs/")) return "/admin/runs/:id";
  if (page.startsWith("/admin/shops/")) return "/admin/shops/:domain";
  return "other";
}
