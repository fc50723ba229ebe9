import type { Bench } from "./bench-setup.ts";

/** Fills the table with shops that have a pair already, whose names sort between those of the shops that `seed` installs. */
export async function fillTable({ database }: Pick<Bench, "database">, shops: number): Promise<void> {
  await database.query(
    `INSERT INTO "Session" (id, shop, state, scope, "accessToken", expires, "refreshToken", "refreshTokenExpires")
     SELECT 'offline_' || shop, shop, '', 'read_products', 'shpat_' || md5(shop), now() + interval '1 hour', 'shprt_' || md5(shop), now() + interval '90 days'
     FROM (SELECT 'bench-' || lpad(((i::bigint * 1000) / $1)::text, 7, '0') || '-' || i || '.myshopify.com' AS shop FROM generate_series(1, $1::bigint) AS i) AS others`,
    [shops],
  );
}
