// Proves that bodies whose answers are long in coming take the place of other large ones, and never of a small form.
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import express from "express";
import { expect, onTestFinished, test } from "vitest";
import { defaultHeaders } from "./default-headers.ts";
import { parseAddress } from "./parse-address.ts";
import { readBody } from "./read-body.ts";

/** 8 MiB of 8 KiB each. */
const MOST = 1_024;

test("while as many bodies as may be held wait for their answers, a small one is served and a large one is told to come back", async () => {
  const app = express();
  const waiting: (() => void)[] = [];
  app.use(parseAddress, defaultHeaders, readBody({ operatorSecrets: [] }));
  app.use((request, response) => {
    const serve = () => void response.end("served");
    if (request.url === "/slow") waiting.push(serve);
    else serve();
  });
  const server = createServer(app).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const post = (path: string, bytes: number) =>
    fetch(url + path, { method: "POST", body: "x".repeat(bytes) }).then(({ status }) => status);
  const slow = Array.from({ length: MOST }, () => post("/slow", 8_192));
  await expect.poll(() => waiting.length, { timeout: 20_000 }).toBe(MOST);
  expect(await post("/form", 8_192)).toBe(503);
  expect(await post("/form", 6)).toBe(200);
  for (const serve of waiting) serve();
  expect(new Set(await Promise.all(slow))).toEqual(new Set([200]));
}, 40_000);
