import { Session } from "@shopify/shopify-api";
import { afterEach, beforeEach } from "vitest";
import { makeTokenKey, parseTokenKeys, type TokenKey } from "../../app/tokens/index.ts";
import { HOUR_MS, tokensHarness } from "./tokens-harness.ts";

/** {@link tokensHarness} with three keys, what is stored as a dump would have it, and empty tables before each test. */
export function sealingHarness() {
  const [k1, k2, k3] = ["k1", "k2", "k3"].map((id) => parseTokenKeys(makeTokenKey(id))[0]!) as [
    TokenKey,
    TokenKey,
    TokenKey,
  ];
  const wrongK1 = parseTokenKeys(makeTokenKey("k1"))[0]!;
  const h = tokensHarness({ keys: [k1, k2, k3] });

  const sealing = (...keys: TokenKey[]) => h.process({ encryption: { keys } });
  const opening = (...keys: TokenKey[]) => h.process({ encryption: { keys, seals: false } });
  const plain = () => h.process({ encryption: undefined });

  beforeEach(async () => {
    await h.database.query(`DELETE FROM "Session"`);
    await h.database.query(`DELETE FROM expand_contract."TokenKey"`);
  });
  afterEach(() => h.database.query(`DELETE FROM "Session"`));

  /** Every text of every table, as a dump would have it. */
  async function dump(): Promise<string> {
    const tables = await h.database.query<{ name: string }>(
      `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')`,
    );
    const rows = await Promise.all(
      tables.map(({ name }) =>
        h.database.query<{ text: string | null }>(
          `SELECT string_agg(t::text, E'\n' ORDER BY t::text) AS text FROM ${name} t`,
        ),
      ),
    );
    return rows.map(([row], i) => `${tables[i]!.name}\n${row?.text ?? ""}`).join("\n");
  }

  const secretsInDump = async () =>
    (await h.sandbox.client.ledger.findSecrets(await dump())).map(({ secret }) => secret);

  /** The tokens as they are stored, without opening. */
  async function stored(shop: string): Promise<string[]> {
    const rows = await h.database.query<{ a: string; r: string | null }>(
      `SELECT "accessToken" AS a, "refreshToken" AS r FROM "Session" WHERE id = $1`,
      [`offline_${shop}`],
    );
    return rows.flatMap(({ a, r }) => (r ? [a, r] : [a]));
  }

  const keysOf = async (shop: string) =>
    (await stored(shop)).map((text) => /^sealed:v1:(\w+):/.exec(text)?.[1] ?? "plain");

  function online(shop: string): Session {
    return new Session({
      id: `${shop}_7`,
      shop,
      state: "",
      isOnline: true,
      accessToken: "shpat_online_0123456789abcdef0123456789",
      expires: new Date(h.now() + HOUR_MS),
    });
  }
  return { h, k1, k2, k3, wrongK1, sealing, opening, plain, dump, secretsInDump, stored, keysOf, online };
}
