import { expect, it } from "vitest";
import { openDatabase } from "../../app/infra/db.server.ts";
import { testDatabase } from "../support/postgres.ts";

const database = testDatabase();

it("reads and writes moments as they are, whatever the time zone of the database", async () => {
  const { name, url, query } = database.current;
  await query(`ALTER DATABASE "${name}" SET timezone TO 'Asia/Tokyo'`);
  const db = openDatabase(url);
  try {
    const at = new Date("2026-11-23T04:05:06.789Z");
    await db.tokenEvent.create({ data: { shop: "a.myshopify.com", kind: "acquired", at } });
    expect((await db.tokenEvent.findFirstOrThrow()).at).toEqual(at);
    const [stored] = await query<{ ms: string }>(`SELECT EXTRACT(EPOCH FROM "at") * 1000 AS ms FROM "TokenEvent"`);
    expect(Number(stored?.ms)).toBe(at.getTime());
  } finally {
    await db.$disconnect();
  }
});
