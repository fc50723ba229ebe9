// Proves that the operator's routes of the package start with a secret only, answer the operator only, and survive what is no request.
import { createServer, request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test, vi } from "vitest";
import { operatorMiddleware } from "../../packages/expand-contract/src/operator/operator-middleware.ts";
import { operatorRoutes } from "../../packages/expand-contract/src/operator/operator-routes.ts";
import { CURRENT, packageHarness, PREVIOUS } from "./package-harness.ts";

// As the build of the package does it: the operator's handlers get their services from the adopter.
vi.mock(
  "../../app/services.server.ts",
  () => import("../../packages/expand-contract/src/operator/operator-services.ts"),
);

const OPERATOR = "o".repeat(32);
const { h, adopter, rotate } = packageHarness();

test("operatorRoutes says at start that its secret is missing or too short", () => {
  const { tokens } = adopter();
  const start = (secret: string | undefined, monitorSecret?: string) => () =>
    operatorRoutes({ tokens, secret, monitorSecret });
  expect(start(undefined)).toThrow(
    /`secret` of operatorRoutes is undefined and needs 32 or more: openssl rand -hex 32\. Is its variable set/,
  );
  expect(start("")).toThrow(/`secret` of operatorRoutes has 0 characters/);
  expect(start(" ".repeat(40))).toThrow(/has 0 characters/);
  expect(start("short")).toThrow(/has 5 characters/);
  expect(start(OPERATOR, "short")).toThrow(/`monitorSecret` of operatorRoutes has 5 characters/);
  expect(start(OPERATOR, OPERATOR)).toThrow(/must not be `secret`/);
});

/** As an adopter mounts the operator's routes in Express. @returns what answers a request of a raw method and target. */
async function mounted(handle: (request: Request) => Promise<Response>) {
  const failed: unknown[] = [];
  const middleware = operatorMiddleware({ handle });
  const server = createServer((request, response) => {
    void middleware(request, response, (error) => {
      failed.push(error);
      response.writeHead(500).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const ask = (method: string, path: string, headers: Record<string, string> = {}, body?: string) =>
    new Promise<{ status?: number; text: string }>((resolve, reject) => {
      const request = httpRequest({ port, method, path, headers, agent: false }, (answer) => {
        let text = "";
        answer.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
        answer.once("close", () => resolve({ status: answer.statusCode, text }));
      });
      request.once("error", reject).end(body);
    });
  return { ask, failed, port };
}

test("POST /admin/client-secret refreshes the chains of the previous secret, once, and only for the operator", async () => {
  const { tokens } = adopter();
  const shops = [await h.install("none"), await h.install("none")];
  for (const shop of shops) await tokens.getSession(shop, { idToken: await h.idToken(shop) });
  await rotate();
  const rotating = adopter({ secret: CURRENT, previousSecret: PREVIOUS });
  const { handle } = operatorRoutes({ tokens: rotating.tokens, secret: OPERATOR });
  const { ask } = await mounted(handle);
  const repin = async (body = "", authorization = `Bearer ${OPERATOR}`) => {
    const { status, text } = await ask("POST", "/admin/client-secret", { authorization }, body);
    return { status, answer: JSON.parse(text) as Record<string, unknown> };
  };
  expect(await repin("", "Bearer wrong")).toMatchObject({ status: 401 });
  expect(await repin('{"ratePerSecond": 0}')).toMatchObject({ status: 422, answer: { code: "invalid_request" } });
  expect(await repin('{"dryRun": true}')).toMatchObject({ status: 200, answer: { outcomes: {} } });
  const refreshes = async () =>
    (await h.sandbox.client.ledger.calls({ grant: "refresh" })).filter(({ shop }) => shops.includes(shop)).length;
  expect(await refreshes()).toBe(0);
  for (const again of [1, 2]) {
    const done = await repin('{"ratePerSecond": 100}');
    expect(done, `${again}`).toMatchObject({ status: 200, answer: { next: null, clientSecret: { rotating: true } } });
    expect(await refreshes()).toBe(shops.length);
  }
  for (const shop of shops) await h.expectCurrent(shop);
});

test("the operator's routes in Express answer 4xx to what is no request, and a stream that fails or is left ends alone", async () => {
  let fail: (() => void) | undefined;
  let left = false;
  const handle = async ({ url, signal }: Request) => {
    if (url.endsWith("/stream")) {
      signal.addEventListener("abort", () => (left = true));
      const stream = new ReadableStream({
        start(controller) {
          controller.enqueue(new TextEncoder().encode("first"));
          fail = () => controller.error(new Error("the database is away"));
        },
      });
      return new Response(stream);
    }
    return new Response("ok");
  };
  const { ask, failed } = await mounted(handle);
  expect((await ask("GET", "/admin/token-health")).text).toBe("ok");
  expect((await ask("TRACE", "/admin/token-health")).status).toBe(405);
  for (const target of ["http://x:99999/admin/token-health", "http://[/admin", "ftp://x/admin"]) {
    expect((await ask("GET", target)).status, target).toBe(400);
  }
  const cut = ask("GET", "/stream");
  await vi.waitFor(() => expect(fail).toBeDefined());
  fail!();
  await cut;
  await vi.waitFor(() => expect(left).toBe(true));
  expect((await ask("GET", "/admin/token-health")).text).toBe("ok");
  expect(failed).toEqual([]);
});
