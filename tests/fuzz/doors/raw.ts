import type { Choose } from "../choose.ts";
import { oddHost } from "../headers.ts";
import { longText, oddText } from "../odd-text.ts";
import type { RawRequest } from "../raw-request.ts";

const TARGETS = ["/", "/app", "/healthz", "/metrics", "/webhooks/app/uninstalled", "/auth/login", "*", "", "x", "//"];
const ABSOLUTE = ["http://evil.example/metrics", "https://app.sandbox.test/app", "http://", "a:b", "http://a@b/"];

/** Bytes that no client library would send: request lines, framing, hosts. There need not be an answer. */
export function rawDoor(choose: Choose): RawRequest {
  const target = choose.chance(0.7) ? choose.pick(TARGETS) : choose.pick(ABSOLUTE);
  const method = choose.pick([
    "GET",
    "POST",
    "get",
    "CONNECT",
    "TRACE",
    "TRACK",
    "QUERY",
    "M-SEARCH",
    "PRI",
    "BREW",
    "G\u0000",
  ]);
  const version = choose.pick([
    "HTTP/1.1",
    "HTTP/1.1",
    "HTTP/1.0",
    "HTTP/2.0",
    "HTTP/0.9",
    "HTTP/1.1 ",
    "http/1.1",
    "",
  ]);
  const end = choose.chance(0.9) ? "\r\n" : choose.pick(["\n", "\r", "\r\n\r\n"]);
  const lines = [`${method} ${target} ${version}`, `Host: ${oddHost(choose)}`, ...framing(choose), "Connection: close"];
  if (choose.chance(0.1)) lines.splice(1, 1);
  if (choose.chance(0.1)) lines.push(`Host: ${oddHost(choose)}`);
  if (choose.chance(0.1)) lines.push(...Array.from({ length: 3_000 }, (_, index) => `a${index}: b`));
  const text = lines.join(end) + end + end + body(choose);
  const bytes = Buffer.from(text, "latin1");
  return {
    door: "raw",
    method: "RAW",
    target: "",
    headers: [],
    bytes: choose.chance(0.1) ? bytes.subarray(0, choose.int(bytes.length)) : bytes,
    mayStayUnanswered: true,
  };
}

function framing(choose: Choose): string[] {
  return choose.pick([
    () => [],
    () => [],
    () => ["Content-Length: 5", "Transfer-Encoding: chunked"],
    () => [`Content-Length: ${choose.pick(["-1", "1e3", "99999999999999999999", "5, 5", "0x5", "5", ""])}`],
    () => ["Content-Length: 5", "Content-Length: 6"],
    () => [`Transfer-Encoding: ${choose.pick(["chunked", "chunked, chunked", "gzip", "xchunked", "identity"])}`],
    () => ["Expect: 100-continue", "Content-Length: 5"],
    () => [`Expect: ${oddText(choose, 100).replace(/[\r\n]/g, "")}`],
    () => ["Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: AAAA"],
    () => ["Upgrade: h2c", "HTTP2-Settings: AAAA"],
    () => [`X-A: ${longText(choose, 17_000)}`],
    () => ["X-A: b", " folded: c"],
    () => ["X-A\u0000: b", "X B: c", ": d"],
  ])();
}

function body(choose: Choose): string {
  return choose.pick([
    ...[
      "",
      "",
      "hello",
      "5\r\nhello\r\n0\r\n\r\n",
      "5;a=b\r\nhello\r\n0\r\nX-Trailer: 1\r\n\r\n",
      "zz\r\n",
      "-1\r\n\r\n",
    ],
    ...["0\r\n\r\nGET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", "FFFFFFFFFFFFFFFF\r\n", "5\r\nhel"],
  ]);
}
