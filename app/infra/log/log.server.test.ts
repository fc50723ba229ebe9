// Proves what the log writes of tokens, secrets and everything else.
import { describe, expect, it } from "vitest";
import { createLogger } from "./log.server.ts";

const TOKENS = {
  permanent: "shpat_0123456789abcdef0123456789abcdef",
  refresh: "shprt_0123456789abcdef0123456789abcdef",
  custom: "shpca_0123456789abcdef0123456789abcdef",
  idToken: "eyJhbGciOiJIUzI1NiJ9.eyJkZXN0IjoiaHR0cHM6Ly9hIn0.c2lnbmF0dXJl",
};

function logged(write: (log: ReturnType<typeof createLogger>) => void, secrets: string[] = []): string {
  let output = "";
  write(createLogger("trace", secrets, { write: (line) => void (output += line) }));
  return output;
}

describe("createLogger", () => {
  it.each(Object.entries(TOKENS))("never writes a token (%s), wherever it stands", (_name, token) => {
    const output = logged((log) => {
      log.info(`the token is ${token}.`);
      log.info({ nested: { deeper: [{ token }] } }, "nested");
      log.error(new Error(`failed with ${token}`, { cause: new Error(`because of ${token}`) }));
      log.info({ body: JSON.stringify({ access_token: token }), url: `/app?id_token=${token}&shop=a` });
      log.info({ headers: { authorization: `Bearer ${token}` } });
    });
    expect(output).not.toContain(token);
    expect(output.match(/\[redacted\]/g)?.length).toBeGreaterThanOrEqual(6);
  });

  it("never writes the secrets it was told of", () => {
    const output = logged((log) => log.info({ text: "a-very-secret-value in the middle" }), ["a-very-secret-value"]);
    expect(output).not.toContain("a-very-secret-value");
  });

  it("leaves everything else readable, one JSON object a line", () => {
    const output = logged((log) => log.info({ shop: "a.myshopify.com", code: 200 }, "served"));
    expect(JSON.parse(output)).toMatchObject({ level: "info", shop: "a.myshopify.com", code: 200, msg: "served" });
  });
});
