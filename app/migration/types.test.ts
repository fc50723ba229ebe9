// Proves that the body of a start is read with its defaults, and refused with each bad field named.
import { describe, expect, it } from "vitest";
import { MigrationRequestError, parseMigrationOptions } from "./index.ts";

function problems(body: unknown): Record<string, string> {
  try {
    parseMigrationOptions(body);
  } catch (error) {
    if (error instanceof MigrationRequestError)
      return Object.fromEntries(error.problems.map((p) => [p.field, p.message]));
  }
  throw new Error("accepted");
}

describe("the body of POST /admin/migrate-tokens", () => {
  it("may be absent: every field has a default", () => {
    const defaults = { dryRun: false, concurrency: 20, waitSeconds: 25, verify: "auto", failureThreshold: 5 };
    expect(parseMigrationOptions(undefined)).toEqual(defaults);
    expect(parseMigrationOptions({})).toEqual(defaults);
  });

  it("is read", () => {
    expect(
      parseMigrationOptions({
        limit: 1000,
        shops: ["A.myshopify.com", "a.myshopify.com "],
        concurrency: 5,
        waitSeconds: 0,
      }),
    ).toMatchObject({ limit: 1000, shops: ["a.myshopify.com"], concurrency: 5, waitSeconds: 0 });
    expect(parseMigrationOptions({ waves: "1%, 10%,100%" }).waves).toEqual([1, 10, 100]);
  });

  it("is refused when it is there and says nothing: a client that meant options sent none", () => {
    for (const body of [null, [], 0, false, ""])
      expect(Object.keys(problems(body)), JSON.stringify(body)).toEqual(["body"]);
  });

  it("is refused with each bad field named", () => {
    expect(
      Object.keys(
        problems({
          dryRun: "yes",
          limit: 0,
          shops: ["fine.myshopify.com", "evil.example.com"],
          concurrency: 1.5,
          waitSeconds: 56,
          waves: "10%,5%",
          verify: "some",
          failureThreshold: -1,
          surprise: true,
        }),
      ).sort(),
    ).toEqual(
      [
        "concurrency",
        "dryRun",
        "failureThreshold",
        "limit",
        "shops.1",
        "surprise",
        "verify",
        "waitSeconds",
        "waves",
      ].sort(),
    );
  });

  it.each<unknown>([[], "text", 5])("is not %o", (body) => {
    expect(problems(body)).toHaveProperty("body");
  });

  it.each(["", "0%", "101%", "10%,10%", "ten", "1%,,5%"])("has no waves like %o", (waves) => {
    expect(problems({ waves })).toHaveProperty("waves");
  });

  it("names shops or waves, not both", () => {
    expect(problems({ shops: ["a.myshopify.com"], waves: "1%,100%" })).toHaveProperty("waves");
    expect(problems({ shops: [] })).toHaveProperty("shops");
  });
});
