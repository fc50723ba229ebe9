// Proves that a database which is away is told from a statement which it refuses.
import { randomUUID } from "node:crypto";
import { createServer, type AddressInfo } from "node:net";
import { expect, it } from "vitest";
import { openDatabase } from "./open-database.ts";
import { isDatabaseOutage, isDatabaseUnable } from "./is-database-outage.ts";

const PASSWORD = randomUUID();

/** An address where nothing listens. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

it("knows a database that cannot be reached, whatever asks it", async () => {
  const db = openDatabase(`postgresql://app:${PASSWORD}@127.0.0.1:${await freePort()}/app`, { connectTimeoutMs: 500 });
  const statement = { text: "SELECT 1", values: [] };
  for (const ask of [() => db.query(statement), () => db.transaction((tx) => tx.query(statement))]) {
    const error: unknown = await ask().catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(Error);
    expect(isDatabaseOutage(error)).toBe(true);
    expect(String(error)).not.toContain(PASSWORD);
  }
  await db.close();
});

it("knows a connection that the server ended", () => {
  const ended = Object.assign(new Error("ended"), { cause: { kind: "postgres", originalCode: "57P01" } });
  expect(
    isDatabaseOutage(Object.assign(new Error("raw"), { code: "P2010", meta: { driverAdapterError: ended } })),
  ).toBe(true);
});

it.each([undefined, "text", new Error("other"), Object.assign(new Error("unique"), { code: "P2002" })])(
  "does not take %s for an outage",
  (error) => expect(isDatabaseOutage(error)).toBe(false),
);

it.each([
  ["a full disk", "53100"],
  ["a file that cannot be written", "58030"],
  ["a table that is read-only", "25006"],
  ["a conflict with another transaction", "40001"],
  ["a lock that is not to be had", "55P03"],
  ["a password that was changed", "28P01"],
  ["a database that is gone", "3D000"],
  ["a database that accepts no connections", "55000"],
])("%s may pass, though the database is there", (_, originalCode) => {
  const inner = Object.assign(new Error("inner"), { cause: { kind: "postgres", originalCode } });
  const error = Object.assign(new Error("raw"), { code: "P2010", meta: { driverAdapterError: inner } });
  expect([isDatabaseUnable(error), isDatabaseOutage(error)]).toEqual([true, false]);
  expect(isDatabaseUnable(Object.assign(new Error("raw"), { cause: { originalCode: "42703" } }))).toBe(false);
});
