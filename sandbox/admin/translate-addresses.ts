import { ADMIN_HOST, CDN_HOST, type Addresses } from "./addresses.ts";

/** Rewrites between the addresses the app knows and those of the plain-localhost front. Pure text in, text out. */
export interface AddressTranslator {
  /** Text on its way to the browser: HTML, JavaScript, JSON, header values. Escaped slashes (`https:\/\/`) stay escaped. */
  toLocal(text: string): string;
  /** A Content-Security-Policy: origins only (a source with a path matches that path alone), and never an upgrade to https. */
  policyToLocal(policy: string): string;
  /** Text on its way to the app: Origin, Referer. */
  toPublic(text: string): string;
  /** The query of a request to the app, byte for byte the same unless a value carries a local address (HMACs stay valid). */
  queryToPublic(search: string): string;
}

export function createAddressTranslator(appUrl: string, local: Addresses): AddressTranslator {
  const appHost = new URL(appUrl).host;
  const hosts = [ADMIN_HOST, CDN_HOST, appHost].map(escapeForPattern).join("|");
  const known = new RegExp(
    String.raw`https:(\\?/\\?/)(${hosts}|[a-z0-9][a-z0-9-]*\.myshopify\.com)(?![\w-]|\.\w|:\d)`,
    "gi",
  );
  const adminSource = new RegExp(
    String.raw`https://(?:${escapeForPattern(ADMIN_HOST)}|${escapeForPattern(CDN_HOST)}|[a-z0-9*][a-z0-9-]*\.myshopify\.com|\*\.shopify\.com)(?=[\s;/]|$)`,
    "gi",
  );
  const appSource = new RegExp(String.raw`https://${escapeForPattern(appHost)}(?=[\s;/]|$)`, "gi");
  const localAddress = new RegExp(
    String.raw`${escapeForPattern(local.admin)}/@([a-z0-9.-]+)|${escapeForPattern(local.admin)}(?!\d)|${escapeForPattern(local.app)}(?!\d)`,
    "gi",
  );

  const address = (host: string) => {
    if (host === ADMIN_HOST) return local.admin;
    if (host === CDN_HOST) return local.cdn;
    return host === appHost ? local.app : local.shop(host);
  };
  const toPublic = (text: string) =>
    text.replace(localAddress, (found: string, host?: string) => {
      if (host) return `https://${host}`;
      return found.toLowerCase() === local.app ? `https://${appHost}` : `https://${ADMIN_HOST}`;
    });

  return {
    toLocal: (text) =>
      text.replace(known, (_found, slashes: string, host: string) => {
        const to = address(host.toLowerCase());
        return slashes === "//" ? to : to.replaceAll("/", "\\/");
      }),
    policyToLocal: (policy) =>
      policy
        .replace(adminSource, local.admin)
        .replace(appSource, local.app)
        .replace(/\s*upgrade-insecure-requests\s*;?/gi, ""),
    toPublic,
    queryToPublic: (search) =>
      search
        .split("&")
        .map((pair) => {
          const decoded = decode(pair);
          const translated = toPublic(decoded);
          if (translated === decoded) return pair;
          const [name = "", ...value] = pair.split("=");
          return `${name}=${encodeURIComponent(toPublic(decode(value.join("="))))}`;
        })
        .join("&"),
  };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return text;
  }
}

function escapeForPattern(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
