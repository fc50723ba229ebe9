import type { Finding } from "./doctor-finding.ts";
import { harmless } from "./paint.ts";
import { many } from "./pluralize.ts";
import type { HealthReport } from "./operator-client.ts";

/** How a rotation of the client secret stands: nothing to say while there is none. */
export function judgeRotation({ clientSecret }: HealthReport, command: (text: string) => string): Finding[] {
  // An earlier release does not say.
  if (!clientSecret) return [];
  const { rotating, chains, pinned, pinnedUnknown, blockers } = clientSecret;
  const known = pinned - pinnedUnknown;
  if (!rotating) {
    if (known === 0) return [];
    const text = `${many(known, "chain")} made with another client secret than SHOPIFY_API_SECRET: ${command("repin")}`;
    return [{ level: "attention", code: "chains_pinned", text }];
  }
  if (blockers.length === 0) {
    const text = `all ${many(chains, "chain")} made with the new client secret: revoke the previous one, then take SHOPIFY_API_SECRET_PREVIOUS out`;
    return [{ level: "attention", code: "secret_revocable", text }];
  }
  return blockers.map((words) => ({
    level: "attention",
    code: "secret_not_revocable",
    text: harmless(`the previous client secret may not be revoked: ${words}; ${command("repin")}`),
  }));
}
