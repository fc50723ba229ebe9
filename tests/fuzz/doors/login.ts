import type { Choose } from "../choose.ts";
import { FUZZED_APP } from "../identities.ts";
import { encoded, longText, oddShop, oddText } from "../odd-text.ts";
import type { RawRequest } from "../raw-request.ts";

const ORIGINS = [FUZZED_APP.url, FUZZED_APP.url, "null", "https://evil.example", "https://", "x", "http://127.0.0.1"];

/** Forms: the login, and posts to every page; types, encodings and bodies that do not fit each other. */
export function loginDoor(choose: Choose): RawRequest {
  const { type, body } = form(choose);
  const headers: [string, string][] = [];
  if (type !== undefined) headers.push(["Content-Type", type]);
  if (choose.chance(0.8)) headers.push(["Origin", choose.pick(ORIGINS)]);
  if (choose.chance(0.1)) headers.push(["Content-Encoding", choose.pick(["gzip", "br", "deflate", "x"])]);
  headers.push(["Content-Length", String(body.length)]);
  return {
    door: "forms",
    method: choose.chance(0.85) ? "POST" : choose.pick(["PUT", "PATCH", "DELETE", "GET"]),
    target: choose.pick([
      ...["/auth/login", "/auth/login", "/auth/login", "/auth/login.data", "/auth/login?_data=routes%2Fauth.login"],
      ...["/app", "/app.data", "/app/connection", "/app/connection.data", "/?index", "/", "/auth", "/auth/callback"],
      `/auth/login?shop=${encoded(choose, oddShop(choose))}`,
    ]),
    headers,
    body,
  };
}

function form(choose: Choose): { type: string | undefined; body: Buffer } {
  const value = choose.chance(0.6) ? oddShop(choose) : oddText(choose);
  const urlencoded = `shop=${encoded(choose, value)}`;
  const boundary = choose.pick([
    "b",
    "----WebKitFormBoundary7MA4",
    "x".repeat(70),
    "x".repeat(4_000),
    "",
    '"b"',
    "b\\",
  ]);
  const multipart = multipartBody(choose, boundary, value);
  return choose.pick([
    () => ({ type: "application/x-www-form-urlencoded", body: Buffer.from(urlencoded, "latin1") }),
    () => ({ type: "application/x-www-form-urlencoded", body: Buffer.from("shop=a&".repeat(choose.int(9_000))) }),
    () => ({ type: "application/x-www-form-urlencoded;charset=utf-16", body: Buffer.from(urlencoded, "utf16le") }),
    () => ({ type: `multipart/form-data; boundary=${boundary}`, body: multipart }),
    () => ({
      type: `multipart/form-data; boundary=${boundary}`,
      body: multipart.subarray(0, choose.int(multipart.length + 1)),
    }),
    () => ({
      type: choose.pick(["multipart/form-data", "multipart/form-data; boundary", "multipart/mixed"]),
      body: multipart,
    }),
    () => ({ type: "application/json", body: Buffer.from(JSON.stringify({ shop: value })) }),
    () => ({
      type: choose.pick(["text/plain", "text/xml", "*/*", "a", ",", ""]),
      body: Buffer.from(urlencoded, "latin1"),
    }),
    () => ({ type: undefined, body: Buffer.from(choose.chance(0.5) ? "" : value) }),
    () => ({ type: oddText(choose, 2_000), body: Buffer.from(longText(choose)) }),
  ])();
}

function multipartBody(choose: Choose, boundary: string, value: string): Buffer {
  const disposition = choose.pick([
    'form-data; name="shop"',
    'form-data; name="shop"; filename="a.txt"',
    "form-data; name=\"shop\"; filename*=UTF-8''%e2%82",
    'form-data; name="__proto__"',
    "form-data",
    `form-data; name="${"n".repeat(choose.int(20_000))}"`,
    oddText(choose, 2_000),
  ]);
  const part = `--${boundary}\r\nContent-Disposition: ${disposition}\r\n\r\n${value}\r\n`;
  const end = choose.pick([`--${boundary}--\r\n`, `--${boundary}--`, `--${boundary}`, ""]);
  return Buffer.from(part.repeat(choose.pick([1, 1, 1, 2, 500])).slice(0, 65_536) + end);
}
