import { X509Certificate } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { generate } from "selfsigned";

export interface Authority {
  caPath: string;
  ca: string;
  /** Certificate and key for the simulator's hosts, signed by the authority. */
  cert: string;
  key: string;
}

const DAY_MS = 86_400_000;
const HOSTS = [
  "*.myshopify.com",
  "myshopify.com",
  "admin.shopify.com",
  "*.shopify.com",
  "cdn.shopify.com",
  "localhost",
];

/**
 * A throw-away certificate authority and one wildcard certificate, ECDSA P-256, kept in `folder` and made anew when they
 * are missing or about to end. Only whoever sets NODE_EXTRA_CA_CERTS trusts it.
 */
export async function ensureAuthority(folder: string): Promise<Authority> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const paths = { ca: "ca.pem", cert: "cert.pem", key: "key.pem" };
  const at = (name: keyof typeof paths): string => join(folder, paths[name]);
  try {
    const [ca, cert, key] = [at("ca"), at("cert"), at("key")].map((path) => readFileSync(path, "utf8")) as [
      string,
      string,
      string,
    ];
    const leaf = new X509Certificate(cert);
    const lives = Date.parse(leaf.validTo) > Date.now() + DAY_MS;
    if (lives && leaf.verify(new X509Certificate(ca).publicKey)) return { caPath: at("ca"), ca, cert, key };
  } catch {
    // Missing or unreadable: made below.
  }
  const notBeforeDate = new Date(Date.now() - DAY_MS);
  const notAfterDate = new Date(Date.now() + 800 * DAY_MS);
  const common = { keyType: "ec", curve: "P-256", algorithm: "sha256", notBeforeDate, notAfterDate } as const;
  const authority = await generate([{ name: "commonName", value: "Shopify simulator, throw-away authority" }], {
    ...common,
    extensions: [
      { name: "basicConstraints", cA: true, critical: true },
      { name: "keyUsage", keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  const leaf = await generate([{ name: "commonName", value: "*.myshopify.com" }], {
    ...common,
    ca: { key: authority.private, cert: authority.cert },
    extensions: [
      { name: "basicConstraints", cA: false },
      { name: "keyUsage", digitalSignature: true },
      { name: "extKeyUsage", serverAuth: true },
      {
        name: "subjectAltName",
        altNames: [...HOSTS.map((value) => ({ type: 2 as const, value })), { type: 7 as const, ip: "127.0.0.1" }],
      },
    ],
  });
  writeFileSync(at("ca"), authority.cert);
  writeFileSync(at("cert"), leaf.cert);
  writeFileSync(at("key"), leaf.private, { mode: 0o600 });
  return { caPath: at("ca"), ca: authority.cert, cert: leaf.cert, key: leaf.private };
}
