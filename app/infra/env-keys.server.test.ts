// Proves that the keys of the environment are taken as they are made, and that anything else is refused without being shown.
import { generateKeyPairSync } from "node:crypto";
import { expect, it } from "vitest";
import { parseEnv } from "./env.server.ts";
import { COMPLETE, problemsOf } from "./test-env.ts";

it("takes keys that seal tokens, and refuses anything else without showing it", () => {
  const key = "A".repeat(43) + "=";
  for (const keys of [`k1:${key}`, ` k1:${key} , 2026-11_b:${key} `]) {
    expect(parseEnv({ ...COMPLETE, TOKEN_ENCRYPTION_KEYS: keys }).TOKEN_ENCRYPTION_KEYS).toBe(keys.trim());
  }
  expect(parseEnv({ ...COMPLETE, TOKEN_ENCRYPTION_KEYS: " " }).TOKEN_ENCRYPTION_KEYS).toBeUndefined();
  const lines = `k1:${key}\r\n`;
  expect(parseEnv({ ...COMPLETE, TOKEN_ENCRYPTION_KEYS: lines }).TOKEN_ENCRYPTION_KEYS).toBe(lines.trim());
  const base64url = `k1:${"-".repeat(43)}=`;
  const hex = `k1:${"0a".repeat(32)}`;
  const unpadded = `k1:${"A".repeat(43)}`;
  const odd = [
    base64url,
    hex,
    unpadded,
    `"k1:${key}"`,
    `k1: ${key}`,
    `k1:${key},,k2:${key}`,
    `,k1:${key}`,
    `k1:${key} k2:${key}`,
  ];
  for (const keys of ["k1:c2hvcnQ=", key, `:${key}`, `k 1:${key}`, `k1:${key},`, `${"k".repeat(17)}:${key}`, ...odd]) {
    const problems = problemsOf({ ...COMPLETE, TOKEN_ENCRYPTION_KEYS: keys }).join();
    expect(problems, keys).toMatch(/TOKEN_ENCRYPTION_KEYS must be id:key.*make-key/);
    expect(problems).not.toMatch(/c2hvcnQ|AAAA/);
  }
});

it("takes a private key and its id together, in one line or many, and refuses anything else", () => {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const pem = privateKey.export({ type: "pkcs8", format: "pem" }) as string;
  const key = { SHOPIFY_APP_PRIVATE_KEY: pem, SHOPIFY_APP_KEY_ID: "key-1" };
  expect(parseEnv({ ...COMPLETE, ...key })).toMatchObject({ SHOPIFY_APP_KEY_ID: "key-1" });
  const oneLine = { ...key, SHOPIFY_APP_PRIVATE_KEY: pem.replaceAll("\n", "\\n") };
  expect(parseEnv({ ...COMPLETE, ...oneLine }).SHOPIFY_APP_PRIVATE_KEY).toBe(pem);
  expect(parseEnv({ ...COMPLETE, SHOPIFY_APP_PRIVATE_KEY: "", SHOPIFY_APP_KEY_ID: "" })).toBeTruthy();
  expect(problemsOf({ ...COMPLETE, SHOPIFY_APP_KEY_ID: "key-1" })).toEqual([expect.stringMatching(/belong together/)]);
  const previous = { SHOPIFY_APP_PRIVATE_KEY_PREVIOUS: pem, SHOPIFY_APP_KEY_ID_PREVIOUS: "key-0" };
  expect(parseEnv({ ...COMPLETE, ...key, ...previous })).toMatchObject({ SHOPIFY_APP_KEY_ID_PREVIOUS: "key-0" });
  for (const [env, words] of [
    [{ ...key, SHOPIFY_APP_KEY_ID_PREVIOUS: "key-0" }, /_PREVIOUS belong together/],
    [previous, /for a rotation only/],
    [{ ...key, ...previous, SHOPIFY_APP_KEY_ID_PREVIOUS: "key-1" }, /is the id of the new key/],
  ] as const) {
    expect(problemsOf({ ...COMPLETE, ...env })).toEqual([expect.stringMatching(words)]);
  }
  expect(problemsOf({ ...COMPLETE, ...key, SHOPIFY_APP_PRIVATE_KEY: "secret" })).toEqual([
    expect.stringMatching(/^SHOPIFY_APP_PRIVATE_KEY is no private key in PEM/),
  ]);
});
