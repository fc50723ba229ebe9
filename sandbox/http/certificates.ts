import { X509Certificate } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

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

const FILES = { ca: "ca.pem", cert: "cert.pem", key: "key.pem" } as const;

/** Folders made by this process; removed at its end, also those that were not closed. */
const temporaries = new Set<string>();

function removeTemporary(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  temporaries.delete(folder);
}

process.on("exit", () => {
  for (const folder of temporaries) removeTemporary(folder);
});

/**
 * A throw-away certificate authority and one wildcard certificate, ECDSA P-256. Without a folder it is made for this
 * start alone (a few ms) and `dispose` removes it; in a folder it is kept, and made anew when it is about to end. Only
 * a process with NODE_EXTRA_CA_CERTS trusts it.
 */
export async function ensureAuthority(folder?: string): Promise<Authority & { dispose(): void }> {
  if (folder === undefined) {
    const temporary = mkdtempSync(join(tmpdir(), "shopify-sandbox-"));
    temporaries.add(temporary);
    await issueInto(temporary);
    return { ...read(temporary), dispose: () => removeTemporary(temporary) };
  }
  const keep = { dispose: () => undefined };
  if (usable(folder)) return { ...read(folder), ...keep };
  // Made beside it and moved into place whole: two starts at once must not mix their files.
  mkdirSync(dirname(folder), { recursive: true });
  const made = mkdtempSync(`${folder}-`);
  await issueInto(made);
  if (!usable(folder)) {
    rmSync(folder, { recursive: true, force: true });
    try {
      renameSync(made, folder);
    } catch (error) {
      if (!usable(folder)) throw error;
    }
  }
  rmSync(made, { recursive: true, force: true });
  return { ...read(folder), ...keep };
}

function read(folder: string): Authority {
  const at = (name: keyof typeof FILES): string => join(folder, FILES[name]);
  const [ca, cert, key] = [at("ca"), at("cert"), at("key")].map((path) => readFileSync(path, "utf8")) as [
    string,
    string,
    string,
  ];
  return { caPath: at("ca"), ca, cert, key };
}

function usable(folder: string): boolean {
  try {
    const { ca, cert } = read(folder);
    const leaf = new X509Certificate(cert);
    return Date.parse(leaf.validTo) > Date.now() + DAY_MS && leaf.verify(new X509Certificate(ca).publicKey);
  } catch {
    return false;
  }
}

async function issueInto(folder: string): Promise<void> {
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
  writeFileSync(join(folder, FILES.ca), authority.cert);
  writeFileSync(join(folder, FILES.cert), leaf.cert);
  writeFileSync(join(folder, FILES.key), leaf.private, { mode: 0o600 });
}
