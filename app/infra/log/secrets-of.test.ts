// Proves that each secret of the environment is known by value to the log.
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { createSecretScrubber } from "./secret-scrubber.ts";
import { secretsOf } from "./secrets-of.ts";

const ENV = {
  SHOPIFY_API_KEY: "client-id-0815",
  SHOPIFY_API_SECRET: "client-secret-1",
  SHOPIFY_API_SECRET_PREVIOUS: "client-secret-0",
  MIGRATION_SECRET: "migration-secret",
  MONITOR_SECRET: "monitor-secret",
  SHOPIFY_APP_PRIVATE_KEY: "-----BEGIN PRIVATE KEY-----\nMIIEvQ\n-----END PRIVATE KEY-----",
  TOKEN_ENCRYPTION_KEYS: "a:Zmlyc3Qta2V5,b:c2Vjb25kLWtleQ==",
  DATABASE_URL: "postgresql://app:p%40ss%2Fword@db:5432/app?schema=shop",
};

it("names them all, the parts of lists and addresses too", () => {
  const scrub = createSecretScrubber(secretsOf(ENV));
  for (const secret of [
    ENV.SHOPIFY_API_SECRET,
    ENV.SHOPIFY_API_SECRET_PREVIOUS,
    ENV.MIGRATION_SECRET,
    ENV.MONITOR_SECRET,
    "MIIEvQ",
    "Zmlyc3Qta2V5",
    "c2Vjb25kLWtleQ==",
    "p@ss/word",
    "p%40ss%2Fword",
  ]) {
    expect(scrub(`before ${secret === "MIIEvQ" ? ENV.SHOPIFY_APP_PRIVATE_KEY : secret} after`)).not.toContain(secret);
  }
  expect(scrub(ENV.SHOPIFY_API_KEY)).toBe(ENV.SHOPIFY_API_KEY);
});

it("knows each variable of the example whose name says that it is secret", () => {
  const names = [
    ...readFileSync(".env.example", "utf8").matchAll(/^#? ?([A-Z_]*(?:SECRET|_KEYS|PRIVATE_KEY)[A-Z_]*)=/gm),
  ];
  expect(names.length).toBeGreaterThanOrEqual(7);
  for (const [, name] of names) expect(secretsOf({ [name!]: "a-secret-value" }), name).toContain("a-secret-value");
});

it("expects nothing of an environment that is not complete", () => {
  expect(secretsOf({})).toEqual([]);
  expect(secretsOf({ DATABASE_URL: "no address" })).toEqual([]);
});
