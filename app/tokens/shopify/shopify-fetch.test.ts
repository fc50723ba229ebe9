// Proves that a call to Shopify is bounded in time and that its errors keep their status.
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { createShopifyFetch } from "./shopify-fetch.ts";

const servers: Server[] = [];

async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, "127.0.0.1");
  servers.push(server);
  await new Promise((listening) => server.once("listening", listening));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

test("JSON passes as it is, and is asked for", async () => {
  let accept: string | undefined;
  const url = await serve((request, response) => {
    accept = request.headers.accept;
    response.setHeader("content-type", "application/json").end('{"ok":true}');
  });
  const response = await createShopifyFetch()(url, { method: "POST", body: "{}" });
  expect(await response.json()).toEqual({ ok: true });
  expect(accept).toBe("application/json");
});

test.each([
  [520, "text/plain", "error code: 520"],
  [401, "text/html", "<html><body><h1>Oauth error</h1>requires an active refresh_token</body></html>"],
  [502, "application/json", "not json after all"],
  [503, "application/json", '"a string"'],
])("%s %s keeps its status and its words as JSON", async (status, type, text) => {
  const url = await serve((_request, response) =>
    response.writeHead(status, { "content-type": type, "retry-after": "3.0" }).end(text),
  );
  const response = await createShopifyFetch()(url);
  expect(response.status).toBe(status);
  expect(response.headers.get("retry-after")).toBe("3.0");
  const body = (await response.json()) as { error: string; error_description: string };
  expect(body.error).toBe("not_json");
  expect(body.error_description).toContain(
    text
      .replace(/<[^<>]*>/g, " ")
      .trim()
      .split(" ")
      .pop(),
  );
});

test.each([
  ["a pair of another content type", "text/plain", '{"access_token":"x"}', 200],
  ["null", "application/json", "null", 502],
  ["an object without a token, of another content type", "text/html", "{}", 502],
])("a success of the token endpoint: %s", async (_name, type, text, status) => {
  const url = await serve((_request, response) => response.writeHead(200, { "content-type": type }).end(text));
  const response = await createShopifyFetch()(`${url}/admin/oauth/access_token`, { method: "POST", body: "{}" });
  expect(response.status).toBe(status);
  expect(await response.json()).toMatchObject(text === "null" ? { error: "not_json" } : JSON.parse(text));
});

test("a connection to the token endpoint is not kept; others are", async () => {
  const seen: (string | undefined)[] = [];
  const url = await serve((request, response) => {
    seen.push(request.headers.connection);
    response.setHeader("content-type", "application/json").end("{}");
  });
  await createShopifyFetch()(`${url}admin/oauth/access_token`, { method: "POST", body: "{}" });
  await createShopifyFetch()(`${url}admin/api/2026-10/graphql.json`, { method: "POST", body: "{}" });
  expect(seen).toEqual(["close", "keep-alive"]);
});

test("an error that is JSON keeps its body", async () => {
  const url = await serve((_request, response) =>
    response.writeHead(400, { "content-type": "application/json" }).end('{"error":"invalid_subject_token"}'),
  );
  expect(await (await createShopifyFetch()(url)).json()).toEqual({ error: "invalid_subject_token" });
});

test("a success that is HTML is a broken gateway's", async () => {
  const url = await serve((_request, response) =>
    response.writeHead(200, { "content-type": "text/html" }).end("<p>hi"),
  );
  expect((await createShopifyFetch()(url)).status).toBe(502);
});

test("no answer in time is a TimeoutError, also in the middle of a body", async () => {
  const never = await serve(() => {});
  await expect(createShopifyFetch({ timeoutMs: 50 })(never)).rejects.toMatchObject({ name: "TimeoutError" });
  const stuck = await serve((_request, response) => {
    response.writeHead(200, { "content-type": "application/json" }).write('{"half":');
  });
  const response = await createShopifyFetch({ timeoutMs: 200 })(stuck);
  await expect(response.json()).rejects.toMatchObject({ name: "TimeoutError" });
});

test("a network error keeps its cause; a caller's own signal is heard", async () => {
  const url = await serve((_request, response) => response.destroy());
  await expect(createShopifyFetch()(url)).rejects.toMatchObject({ cause: expect.any(Error) });
  const never = await serve(() => {});
  const signal = AbortSignal.timeout(20);
  await expect(createShopifyFetch()(never, { signal })).rejects.toMatchObject({ name: "TimeoutError" });
});

test("a token in an error page is not repeated", async () => {
  const url = await serve((_request, response) => response.writeHead(500).end("bad shpat_0123456789abcdef"));
  expect(JSON.stringify(await (await createShopifyFetch()(url)).json())).not.toContain("0123456789abcdef");
});
