// Proves that the environment is parsed with its documented defaults, and refused with every problem at once.
import { describe, expect, it } from "vitest";
import { parseEnv } from "./env.server.ts";
import { COMPLETE, problemsOf } from "./test-env.ts";

describe("parseEnv", () => {
  it("fills in the documented defaults", () => {
    expect(parseEnv(COMPLETE)).toMatchObject({
      SHOPIFY_APP_URL: "https://app.example.com",
      SCOPES: ["read_products", "write_products"],
      PORT: 3000,
      DATABASE_POOL_SIZE: 10,
      DATABASE_STATEMENT_TIMEOUT_MS: 10_000,
      LOG_LEVEL: "info",
      TOKEN_EXCHANGE_ENABLED: true,
      LEGACY_INSTALL_FLOW_ENABLED: true,
      phase: "expand",
    });
  });

  it("treats an empty variable as one that is not set, and not as zero", () => {
    expect(
      parseEnv({ ...COMPLETE, PORT: "", LOG_LEVEL: "", MIGRATION_SECRET: "", TOKEN_EXCHANGE_ENABLED: "" }),
    ).toMatchObject({
      PORT: 3000,
      LOG_LEVEL: "info",
      MIGRATION_SECRET: undefined,
      phase: "expand",
    });
  });

  it.each([
    ["false", "true", "legacy"],
    ["true", "true", "expand"],
    ["true", "false", "contract"],
  ])("TOKEN_EXCHANGE_ENABLED=%s, LEGACY_INSTALL_FLOW_ENABLED=%s is the %s phase", (exchange, legacy, phase) => {
    expect(parseEnv({ ...COMPLETE, TOKEN_EXCHANGE_ENABLED: exchange, LEGACY_INSTALL_FLOW_ENABLED: legacy }).phase).toBe(
      phase,
    );
  });

  it("takes the size of the pool and the limit of a statement as whole numbers within bounds", () => {
    expect(parseEnv({ ...COMPLETE, DATABASE_POOL_SIZE: "25", DATABASE_STATEMENT_TIMEOUT_MS: " 3000 " })).toMatchObject({
      DATABASE_POOL_SIZE: 25,
      DATABASE_STATEMENT_TIMEOUT_MS: 3_000,
    });
    for (const value of ["0", "-1", "2.5", "ten", "1e3", "99999999999"]) {
      expect(problemsOf({ ...COMPLETE, DATABASE_POOL_SIZE: value })).toEqual([
        expect.stringMatching(/DATABASE_POOL_SIZE must be a whole number from 2 to 1000/),
      ]);
      expect(problemsOf({ ...COMPLETE, DATABASE_STATEMENT_TIMEOUT_MS: value })).toHaveLength(1);
    }
  });

  it("refuses both doors closed, and says which to open first", () => {
    const problems = problemsOf({ ...COMPLETE, TOKEN_EXCHANGE_ENABLED: "false", LEGACY_INSTALL_FLOW_ENABLED: "false" });
    expect(problems.join("\n")).toMatch(/Expand before you contract/i);
  });

  it("reports every problem together", () => {
    const problems = problemsOf({
      SHOPIFY_APP_URL: "http://app.example.com",
      DATABASE_URL: "mysql://somewhere",
      MIGRATION_SECRET: "short",
      PORT: "99999",
      TOKEN_EXCHANGE_ROLLOUT: "many",
      LEGACY_INSTALL_FLOW_ENABLED: "maybe",
    });
    for (const name of [
      "SHOPIFY_API_KEY",
      "SHOPIFY_API_SECRET",
      "SHOPIFY_APP_URL",
      "SCOPES",
      "DATABASE_URL",
      "MIGRATION_SECRET",
      "PORT",
      "TOKEN_EXCHANGE_ROLLOUT",
      "LEGACY_INSTALL_FLOW_ENABLED",
    ]) {
      expect(problems.filter((problem) => problem.startsWith(name))).toHaveLength(1);
    }
  });

  it("wants a monitor secret that is long, and another than the migration secret", () => {
    for (const url of [
      "https://user:word@a.example",
      "https://a.example/x",
      "https://a.example?x",
      "ftp://localhost/",
    ]) {
      expect(problemsOf({ ...COMPLETE, SHOPIFY_APP_URL: url }).join(), url).toMatch(
        /^SHOPIFY_APP_URL must be an https/,
      );
    }
    expect(parseEnv({ ...COMPLETE, MONITOR_SECRET: "m".repeat(32) }).MONITOR_SECRET).toBe("m".repeat(32));
    expect(parseEnv({ ...COMPLETE, MONITOR_SECRET: " " }).MONITOR_SECRET).toBeUndefined();
    expect(problemsOf({ ...COMPLETE, MONITOR_SECRET: "short" }).join()).toMatch(/^MONITOR_SECRET .*32 characters/);
    const same = { MONITOR_SECRET: "m".repeat(32), MIGRATION_SECRET: "m".repeat(32) };
    expect(problemsOf({ ...COMPLETE, ...same }).join()).toMatch(/^MONITOR_SECRET is the same/);
    const before = { ...same, MIGRATION_SECRET: "n".repeat(32), MIGRATION_SECRET_PREVIOUS: "m".repeat(32) };
    expect(problemsOf({ ...COMPLETE, ...before }).join()).toMatch(/^MONITOR_SECRET is the same/);
    const alone = { MIGRATION_SECRET: "", MIGRATION_SECRET_PREVIOUS: "p".repeat(32) };
    expect(problemsOf({ ...COMPLETE, ...alone }).join()).toMatch(/^MIGRATION_SECRET_PREVIOUS is for a rotation/);
  });

  it("posts alerts to https, or to this machine, and never repeats the address, which may be a secret", () => {
    for (const url of ["https://hooks.example.com/T0/secret", "http://127.0.0.1:9/secret", "http://localhost/secret"]) {
      expect(parseEnv({ ...COMPLETE, ALERT_WEBHOOK_URL: ` ${url} ` }).ALERT_WEBHOOK_URL).toBe(url);
    }
    expect(parseEnv({ ...COMPLETE, ALERT_WEBHOOK_URL: " " }).ALERT_WEBHOOK_URL).toBeUndefined();
    const odd = [
      "http://example.com/secret",
      "ftp://example.com/secret",
      "file:///secret",
      "javascript:secret",
      "data:,secret",
      "//example.com/secret",
    ];
    for (const url of [
      ...odd,
      "https://user:secret@example.com",
      "https://secret@example.com",
      "http://127.0.0.1.example.com/secret",
      "secret",
    ]) {
      const problems = problemsOf({ ...COMPLETE, ALERT_WEBHOOK_URL: url }).join();
      expect(problems, url).toMatch(/^ALERT_WEBHOOK_URL must be an https:\/\/ address/);
      expect(problems).not.toContain("secret");
    }
    expect(problemsOf({ ...COMPLETE, ALERT_WEBHOOK_SECRET: "short" }).join()).toMatch(/^ALERT_WEBHOOK_SECRET .*32/);
  });

  it("takes the app's distribution in Shopify's words; a public app unless told", () => {
    expect(parseEnv(COMPLETE).APP_DISTRIBUTION).toBe("app_store");
    expect(parseEnv({ ...COMPLETE, APP_DISTRIBUTION: "single_merchant" }).APP_DISTRIBUTION).toBe("single_merchant");
    expect(problemsOf({ ...COMPLETE, APP_DISTRIBUTION: "custom" }).join()).toMatch(
      /APP_DISTRIBUTION must be app_store/,
    );
  });

  it("never repeats a secret in its message", () => {
    const problems = problemsOf({
      ...COMPLETE,
      MIGRATION_SECRET: "hunter2-hunter2",
      DATABASE_URL: "mysql://u:pa55word@h/db",
    });
    expect(problems.join("\n")).not.toMatch(/hunter2|pa55word/);
  });

  it.each([
    "app:pa/ss55word@h:5432/db",
    "app:12/pa55word@h:5432/db",
    "app:12@pa55word/x@h:5432/db",
    "app:12#pa55word@h/db",
    "app:pa?pa55word@h/db",
    "app:pa55word@h:99999/db",
    "app:pa55word",
  ])("says how to write a password that cuts the address in two: %s", (rest) => {
    const problems = problemsOf({ ...COMPLETE, DATABASE_URL: `postgresql://${rest}` });
    expect(problems).toEqual([expect.stringMatching(/^DATABASE_URL cannot be read .*\/ is %2F/)]);
    expect(problems.join()).not.toContain("pa55word");
  });

  it.each(["app:pa55word@a:5432,b.c:5433/db", "a,b/db?target_session_attrs=read-write"])(
    "says that one host is to be named: %s",
    (rest) => {
      const problems = problemsOf({ ...COMPLETE, DATABASE_URL: `postgresql://${rest}` });
      expect(problems).toEqual([expect.stringMatching(/^DATABASE_URL names several hosts/)]);
      expect(problems.join()).not.toContain("pa55word");
    },
  );

  it.each([
    "app:a,b@h/db",
    "app:a%2Fb%40c@h:5432/db?schema=x",
    "app:p@ss@h/db",
    "/db?host=/tmp",
    "app@h/db?user=app@server",
  ])("takes what can be read: %s", (rest) => {
    expect(parseEnv({ ...COMPLETE, DATABASE_URL: `postgresql://${rest}` }).DATABASE_URL).toBe(`postgresql://${rest}`);
  });

  it("names no path of a certificate that cannot be read", () => {
    const url = "postgresql://app@h/db?sslmode=verify-full&sslrootcert=/nowhere/ca.pem";
    expect(problemsOf({ ...COMPLETE, DATABASE_URL: url })).toEqual([
      "DATABASE_URL names a file that cannot be read (ENOENT)",
    ]);
  });
});
