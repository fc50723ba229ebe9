import type { Finding } from "./doctor-finding.ts";
import { many } from "./pluralize.ts";
import type { ScopesReport } from "./operator-client.ts";

/**
 * Compares the required scopes of shopify.app.toml, SCOPES of the app, and what shops have granted. A new required scope asks each
 * merchant for approval, and can end the app's access until it is given; an optional one does not.
 * @see https://shopify.dev/docs/apps/build/authentication-authorization/app-installation/manage-access-scopes
 * @param toml required scopes of the file; undefined when it cannot be read.
 */
export function judgeScopes(toml: readonly string[] | undefined, report: ScopesReport): Finding[] {
  const findings: Finding[] = [];
  const [onlyToml, onlyApp] = toml ? [without(toml, report.scopes), without(report.scopes, toml)] : [[], []];
  if (onlyToml.length + onlyApp.length > 0) {
    const text = [
      onlyToml.length > 0 && `shopify.app.toml requires ${onlyToml.join(", ")}, which SCOPES does not name`,
      onlyApp.length > 0 && `SCOPES names ${onlyApp.join(", ")}, which shopify.app.toml does not require`,
    ];
    findings.push({ level: "attention", code: "scopes_differ", text: text.filter(Boolean).join("; ") });
  }
  const asked = [...new Set([...(toml ?? []), ...report.scopes])];
  const missing = asked.map((scope) => [scope, shopsWithout(scope, report)] as const).filter(([, shops]) => shops > 0);
  if (missing.length > 0) {
    const list = missing.map(([scope, shops]) => `${scope} (${many(shops, "shop")})`).join(", ");
    const text =
      `not granted yet: ${list}. Deploying these as required scopes asks each of those merchants for approval, and can end the ` +
      "app's access until it is given: name new ones under optional_scopes, and ask for them where they are needed";
    findings.push({ level: "attention", code: "scopes_not_granted", text });
  }
  if (findings.length > 0 || report.shops === 0) return findings;
  return [{ level: "ok", code: "scopes_fit", text: `every shop has granted ${report.scopes.join(", ")}` }];
}

function without(scopes: readonly string[], others: readonly string[]): string[] {
  return scopes.filter((scope) => !others.includes(scope));
}

/** A write scope contains its read scope. */
function shopsWithout(scope: string, { granted }: ScopesReport): number {
  const containing = [scope, scope.replace(/^((?:unauthenticated_|customer_)?)read_/, "$1write_")];
  return granted
    .filter((kind) => !kind.scope.split(/[\s,]+/).some((one) => containing.includes(one)))
    .reduce((sum, kind) => sum + kind.shops, 0);
}
