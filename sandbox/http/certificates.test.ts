// Proves that one certificate serves every shop, and that no one could take its authority for a real one.
import { X509Certificate } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { expect, test } from "vitest";

import { ensureAuthority } from "./certificates.ts";

test("one wildcard certificate for every shop, signed by an authority that cannot be mistaken for a real one", async () => {
  const authority = await ensureAuthority();
  const leaf = new X509Certificate(authority.cert);
  expect(leaf.verify(new X509Certificate(authority.ca).publicKey)).toBe(true);
  for (const host of ["a.myshopify.com", "admin.shopify.com"]) expect(leaf.checkHost(host)).toBeTruthy();
  expect(leaf.checkHost("example.com")).toBeUndefined();
  expect(leaf.publicKey.asymmetricKeyType).toBe("ec");
  authority.dispose();
  expect(existsSync(dirname(authority.caPath))).toBe(false);
});

test("in a folder it is kept, and starts at the same time agree on one", async () => {
  const parent = mkdtempSync(join(tmpdir(), "authority-test-"));
  const folder = join(parent, "ca");
  const all = await Promise.all(Array.from({ length: 4 }, () => ensureAuthority(folder)));
  const later = await ensureAuthority(folder);
  for (const { ca, cert } of [...all, later]) {
    expect(new X509Certificate(cert).verify(new X509Certificate(ca).publicKey)).toBe(true);
  }
  expect(readdirSync(parent)).toEqual(["ca"]);
  expect((await ensureAuthority(folder)).cert).toBe(later.cert);
  rmSync(parent, { recursive: true });
});
