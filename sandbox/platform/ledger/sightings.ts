import type { PlatformState } from "../state.ts";
import type { SecretSighting } from "../types.ts";

/** Without a word boundary in front: in escaped text a letter may stand there. */
const TOKEN_SHAPED = /shp(?:at|rt|ca|pa|ua|ss)_[A-Za-z0-9]{8,}/g;
const HEX_TOKEN = /\b[a-f0-9]{32}\b/g;
const JWT_SHAPED = /eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}/g;

const NAMES: Record<string, string> = { shpat: "access token", shprt: "refresh token", shpss: "client secret" };

/** Finds secrets in a text by what the simulator issued and by shape. The text itself is never repeated. */
export function findSecrets(state: PlatformState, text: string, where: string): SecretSighting[] {
  const found: SecretSighting[] = [];
  const add = (secret: string, index: number): void => {
    const before = text.slice(Math.max(0, index - 40), index).replace(TOKEN_SHAPED, "[secret]");
    found.push({ secret, where, context: `${before}[secret]` });
  };
  for (const match of text.matchAll(TOKEN_SHAPED)) {
    const known = state.ledger.byValue.get(match[0]);
    add(known ? kindName(known.kind) : (NAMES[match[0].slice(0, 5)] ?? "access token"), match.index);
  }
  for (const match of text.matchAll(HEX_TOKEN)) {
    const known = state.ledger.byValue.get(match[0]);
    if (known) add(kindName(known.kind), match.index);
  }
  for (const match of text.matchAll(JWT_SHAPED)) add("ID token", match.index);
  for (const secret of state.secrets) {
    if (/^shpss_[A-Za-z0-9]{8,}$/.test(secret.value)) continue; // found by its shape above
    const index = text.indexOf(secret.value);
    if (index >= 0) add("client secret", index);
  }
  return found;
}

function kindName(kind: string): string {
  return kind === "refresh" ? "refresh token" : "access token";
}
