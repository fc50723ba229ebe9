// Proves where the app's address and secret may come from.
import { describe, expect, it } from "vitest";
import { OperatorError } from "./operator-error.ts";
import { readSettings } from "./read-settings.ts";

const SECRET = "0123456789abcdef0123456789abcdef";
const env = { MIGRATION_SECRET: SECRET } as unknown as NodeJS.ProcessEnv;

function refusal(act: () => unknown): OperatorError {
  try {
    act();
  } catch (error) {
    if (error instanceof OperatorError) return error;
  }
  throw new Error("it was not refused");
}

describe("the address", () => {
  it.each([
    [{ url: "https://a.example.com/some/page" }, { APP_URL: "https://b.example.com" }, "https://a.example.com"],
    [{}, { APP_URL: "https://b.example.com", SHOPIFY_APP_URL: "https://c.example.com" }, "https://b.example.com"],
    [{}, { APP_URL: "", SHOPIFY_APP_URL: "https://c.example.com" }, "https://c.example.com"],
    [{}, {}, "http://localhost:3000"],
  ])("%o with %o is %s", (given, more, origin) => {
    expect(readSettings(given, { ...env, ...more }).origin).toBe(origin);
  });

  it("never comes from a file", () => {
    const dotenv = { APP_URL: "https://d.example.com", SHOPIFY_APP_URL: "https://d.example.com" };
    expect(readSettings({}, env, dotenv).origin).toBe("http://localhost:3000");
  });

  it.each(["", "app.example.com", "ftp://app.example.com", "https://me:word@app.example.com"])("refuses %j", (url) => {
    expect(refusal(() => readSettings({ url }, env)).code).toBe("bad_url");
  });

  it.each([
    ["localhost:3000", /begin with https/, /--url http:\/\/localhost:3000$/],
    ["https://me:word@app.example.com", /password/, /https:\/\/app\.example\.com$/],
    ["http://127.0.0.1:99999", /port/, /--url/],
  ])("says what is wrong with %s, and how to write it", (url, message, remedy) => {
    const refused = refusal(() => readSettings({ url }, env));
    expect(refused.message).toMatch(message);
    expect(refused.remedy).toMatch(remedy);
    expect(refused.message).not.toContain("word@");
  });

  it("warns before the secret goes over the network in the clear, and only then", () => {
    expect(readSettings({ url: "http://app.internal:3000" }, env).warning).toMatch(/not https/);
    for (const url of ["https://app.example.com", "http://localhost:1", "http://127.0.0.1:1", "http://[::1]:1"])
      expect(readSettings({ url }, env).warning).toBeUndefined();
  });
});

describe("the secret", () => {
  it("is the environment's, else the file's", () => {
    expect(readSettings({}, env, { MIGRATION_SECRET: "other" }).secret).toBe(SECRET);
    expect(readSettings({}, { ...env, MIGRATION_SECRET: "" }, { MIGRATION_SECRET: "other" }).secret).toBe("other");
    expect(readSettings({}, { ...env, MIGRATION_SECRET: `${SECRET}\n` }).secret).toBe(SECRET);
  });

  it("is asked for, and not repeated when it cannot be sent", () => {
    expect(refusal(() => readSettings({}, { ...env, MIGRATION_SECRET: "" })).code).toBe("no_secret");
    const error = refusal(() => readSettings({}, { ...env, MIGRATION_SECRET: "ab\ncd…" }));
    expect(error.code).toBe("bad_secret");
    expect(`${error.message} ${error.remedy}`).not.toContain("ab");
  });
});
