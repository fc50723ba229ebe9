import type { Finding } from "./doctor-finding.ts";
import { harmless } from "./paint.ts";
import { many } from "./pluralize.ts";
import type { HealthReport } from "./operator-client.ts";

/** How a rotation of the client secret stands: nothing to say while there is none. */
export function judgeRotation({ clientSecret }: HealthReport, command: (text: string) => string): Finding[] {
  // Null, or an earlier release, which does not say.
  if (!clientSecret) return [];
  const { chains, blockers } = clientSecret;
  if (blockers.length === 0) {
    const text = `all ${many(chains, "chain")} made with the new client secret: revoke the previous one, the value of SHOPIFY_API_SECRET_PREVIOUS, then take that variable out`;
    return [{ level: "attention", code: "secret_revocable", text }];
  }
  return blockers.map((words) => ({
    level: "attention",
    code: "secret_not_revocable",
    text: harmless(`the previous client secret may not be revoked: ${words}; ${command("repin")}`),
  }));
}
