import { EXIT, type Surroundings } from "./commands.ts";
import type { OperatorClient } from "./operator-client.ts";
import { harmless } from "./paint.ts";

const REMEDIES: Record<string, string> = {
  no_key: "Set SHOPIFY_APP_PRIVATE_KEY and SHOPIFY_APP_KEY_ID in the app's environment, and restart it.",
  invalid_client:
    "Shopify does not accept the assertion: is the public key in the Dev Dashboard, with this id, not revoked?",
  app_not_installed: "Install the app on this store first.",
};

/** `doctor --probe-application-token`: tries an application-only token on the real platform and says what came of it. */
export async function probeApplicationToken(client: OperatorClient, shop: string, at: Surroundings): Promise<number> {
  const probe = await client.probeApplicationToken(shop);
  if (at.json) at.out(JSON.stringify(probe));
  else if (probe.ok) {
    at.out(at.paint.good(`✓ ${probe.shop} gave a token for ${probe.expiresInSeconds} s, and the Admin API accepts it`));
  } else {
    const status = probe.status === undefined ? "" : ` (HTTP ${probe.status})`;
    at.out(at.paint.bad(`✗ no application-only token for ${probe.shop}: ${harmless(probe.reason)}${status}`));
    at.out(`  ${REMEDIES[probe.reason] ?? "docs/answers.md says what the answer means; the app's log has more."}`);
  }
  if (!at.json && probe.storedToken) at.out(`  the stored offline token, asked afterwards: ${probe.storedToken}`);
  return probe.ok ? EXIT.done : EXIT.notDone;
}
