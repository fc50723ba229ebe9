/** Proves that the operator's routes in Express read no body that they do not ask for. */
import { Agent, createServer, request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { operatorMiddleware } from "./operator-middleware.ts";

test("of a request that is refused nothing is held: what it still sends is thrown away", async () => {
  const middleware = operatorMiddleware({
    handle: async (request) =>
      request.headers.get("authorization") ? new Response(await request.text()) : new Response(null, { status: 401 }),
  });
  const held: number[] = [];
  const server = createServer((request, response) => {
    request.once("close", () => held.push(request.readableLength));
    void middleware(request, response, () => {});
  });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    agent.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const post = (headers: Record<string, string>, pieces: string[]) =>
    new Promise<{ status?: number; length: number }>((resolve, reject) => {
      const request = httpRequest({ port, method: "POST", path: "/admin", headers, agent }, (answer) => {
        let length = 0;
        answer.on("data", (chunk: Buffer) => (length += chunk.length));
        answer.once("end", () => resolve({ status: answer.statusCode, length }));
      });
      request.once("error", reject);
      for (const piece of pieces) request.write(piece);
      request.end();
    });
  // More than Node holds of a body that is not read: the next request on the connection comes after its end.
  const pieces = Array.from({ length: 50 }, () => "x".repeat(10_000));
  expect(await post({}, pieces)).toEqual({ status: 401, length: 0 });
  expect(await post({ authorization: "Bearer x" }, pieces)).toEqual({ status: 200, length: 500_000 });
  expect(held).toEqual([0, 0]);
});
