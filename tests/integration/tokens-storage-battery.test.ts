// Proves what Shopify's session storages have in common, on each layout and over each kind of client; and each deliberate difference of docs/adopting.md.
import { Session } from "@shopify/shopify-api";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openPrisma } from "../support/open-prisma.ts";
import { migrateSchema } from "../../app/schema/migrate-schema.ts";
import type { Tokens } from "../../app/tokens/index.ts";
import { createTestDatabase, type TestDatabase } from "../support/postgres.ts";
import { tokensHarness } from "./tokens-harness.ts";

const h = tokensHarness();

const online = (id: string, shop: string, more: Partial<ConstructorParameters<typeof Session>[0]> = {}) =>
  new Session({
    id,
    shop,
    state: "state",
    isOnline: true,
    scope: "read_products,write_orders",
    accessToken: "shpua_online",
    onlineAccessInfo: {
      expires_in: 1,
      associated_user_scope: "",
      associated_user: {
        id: 8_111_222_333,
        first_name: "Ada",
        last_name: "L.",
        email: "ada@example.com",
        account_owner: true,
        locale: "en",
        collaborator: false,
        email_verified: true,
      },
    },
    ...more,
  });

const KINDS = (["prisma", "postgresql"] as const).flatMap((layout) =>
  (["a Prisma client", "a pool of pg"] as const).map((client) => ({ layout, client })),
);

describe.for(KINDS)("on the $layout layout, over $client", ({ layout, client }) => {
  let storage: Tokens["sessionStorage"];
  let database: TestDatabase | undefined;
  let close: (() => Promise<void>) | undefined;

  beforeAll(async () => {
    database = await createTestDatabase({ empty: true });
    const sessions = { name: layout === "prisma" ? "Session" : "shopify_sessions", layout };
    await migrateSchema(database.url, { sessions });
    if (client === "a pool of pg") {
      const pool = new pg.Pool({ connectionString: database.url });
      pool.on("error", () => {});
      close = () => pool.end();
      storage = h.process({ database: pool, sessions }).sessionStorage;
    } else {
      const prisma = openPrisma(database.url);
      close = () => prisma.$disconnect();
      storage = h.process({ database: prisma, sessions }).sessionStorage;
    }
  });
  afterAll(async () => {
    await close?.();
    await database?.drop();
  });

  test("stores, gives, replaces and deletes a session of a member of staff, with everything it knows", async () => {
    const session = online(`a_${layout}`, h.shopName());
    expect(await storage.storeSession(session)).toBe(true);
    expect((await storage.loadSession(session.id))?.equals(session)).toBe(true);
    session.scope = "read_products";
    session.accessToken = "shpua_next";
    expect(await storage.storeSession(session)).toBe(true);
    expect((await storage.loadSession(session.id))?.equals(session)).toBe(true);
    expect(await storage.deleteSession(session.id)).toBe(true);
    expect(await storage.loadSession(session.id)).toBeUndefined();
    expect(await storage.deleteSession(session.id), "again").toBe(true);
  });

  test("keeps an expiry to the second, and a session without one", async () => {
    const expires = new Date(Math.floor(Date.now() / 1_000) * 1_000 + 86_400_000);
    for (const session of [online("e1", h.shopName(), { expires }), online("e2", h.shopName(), { scope: undefined })]) {
      await storage.storeSession(session);
      expect((await storage.loadSession(session.id))?.equals(session)).toBe(true);
    }
  });

  test("gives nothing for ids that it does not know, whatever they are", async () => {
    for (const id of [
      "",
      "not_an_id",
      "offline_",
      "offline_not a shop",
      `offline_${"a".repeat(64)}.myshopify.com`,
      "offline_nobody.myshopify.com",
      "offline_a.example.com",
      "'; --",
    ]) {
      expect(await storage.loadSession(id), id).toBeUndefined();
      expect(await storage.deleteSession(id), id).toBe(true);
    }
    expect(await storage.findSessionsByShop("not a shop")).toEqual([]);
    expect(await storage.findSessionsByShop(h.shopName())).toEqual([]);
  });

  test("lists a shop's sessions and no other's, and deletes several at once", async () => {
    const [one, other] = [h.shopName(), h.shopName()];
    const mine = ["m1", "m2", "m3"].map((id) => online(id, one));
    for (const session of [...mine, online("o1", other)]) await storage.storeSession(session);
    expect((await storage.findSessionsByShop(one)).map(({ id }) => id).sort()).toEqual(["m1", "m2", "m3"]);
    expect(await storage.deleteSessions(["m1", "m3", "unknown"])).toBe(true);
    expect((await storage.findSessionsByShop(one)).map(({ id }) => id)).toEqual(["m2"]);
    expect(await storage.loadSession("o1")).toBeDefined();
    expect(await storage.deleteSessions([])).toBe(true);
  });

  test("is ready", async () => expect(await storage.isReady()).toBe(true));
});

test("the offline session is listed first and fresh, however many of staff there are, and without its refresh token", async () => {
  const shop = await h.install("expiring");
  const { sessionStorage } = h.process();
  for (let n = 0; n < 30; n++) {
    await sessionStorage.storeSession(online(`many_${n}`, shop, { expires: new Date(h.now() + 100 * 86_400_000 + n) }));
  }
  await h.advance(7_200_000);
  const [offline, ...staff] = await sessionStorage.findSessionsByShop(shop);
  expect(offline).toMatchObject({ id: `offline_${shop}`, accessToken: (await h.expectCurrent(shop)).accessToken });
  expect(offline?.refreshToken).toBeUndefined();
  expect(staff).toHaveLength(25);
});
