/** Proves that what cannot be meant is refused by createTokens at once, in words. */
import { expect, test } from "vitest";
import { createTokens, type CreateTokensOptions } from "./create-tokens.ts";

const prismaOn = (provider: string) => ({
  _activeProvider: provider,
  $queryRawUnsafe: () => Promise.resolve([]),
  $executeRawUnsafe: () => Promise.resolve(0),
  $transaction: () => Promise.resolve(),
});
const OPTIONS = {
  database: prismaOn("postgresql"),
  phase: "expand",
  api: { apiKey: "key", apiSecretKey: "secret", apiVersion: "2026-10", appUrl: "https://app.example" },
};
const create = (options: object) => createTokens({ ...OPTIONS, ...options } as unknown as CreateTokensOptions);

test.each([
  [{ database: undefined }, /pool of pg .* or a Prisma client on Postgres/],
  [{ database: null }, /pool of pg/],
  [{ database: "postgresql://app@h/db" }, /pool of pg/],
  [{ database: {} }, /pool of pg/],
  [{ database: prismaOn("sqlite") }, /on sqlite: this needs Postgres, in development too/],
  [{ database: prismaOn("mysql") }, /on mysql/],
  [{ phase: "exapnd" }, /`phase` must be legacy, expand or contract/],
  [{ phase: undefined }, /`phase` must be/],
  [{ sessions: { layout: "mysql" } }, /`sessions.layout` must be prisma or postgresql/],
  [{ api: undefined }, /`api` must be what shopifyApi\(…\) returned, or its settings/],
  [{ api: { ...OPTIONS.api, appUrl: "app.example" } }, /`api.appUrl` must be an address such as https:/],
])("%o", (options, words) => {
  expect(() => create(options)).toThrow(words);
  expect(() => create(options)).toThrow(TypeError);
});

test.each(["postgresql", "postgres"])("a Prisma client on %s is one", (provider) => {
  expect(() => create({ database: prismaOn(provider) })).not.toThrow();
});
