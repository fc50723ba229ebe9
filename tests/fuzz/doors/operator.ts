import type { Choose } from "../choose.ts";
import { encoded, oddText } from "../odd-text.ts";
import type { RawRequest } from "../raw-request.ts";
import { ROUTE_PATHS } from "../route-paths.ts";
import { fillParameters } from "./pages.ts";
import { oddQuery, queryText } from "./query.ts";

const OPERATOR_PATHS = ROUTE_PATHS.filter((path) => /^\/(admin|metrics)/.test(path));
const JSON_BODIES = ["{", "null", "[]", '"x"', '{"limit":-1}', '{"shops":"x"}', '{"waitSeconds":1e9}', "\u0000"];

/** Operators' routes: with wrong secrets, and with the right one and everything else wrong. Never starts a run. */
export function operatorDoor(choose: Choose, secret: string): RawRequest {
  const isOperator = choose.chance(0.4);
  const path = choose.chance(0.8) ? choose.pick(OPERATOR_PATHS) : "/admin/migrate-tokens/:id";
  const headers: [string, string][] = [];
  const authorization = isOperator ? `Bearer ${secret}` : wrongSecret(choose, secret);
  if (authorization !== undefined) headers.push(["Authorization", authorization]);
  if (choose.chance(0.3))
    headers.push(["Accept", choose.pick(["text/event-stream", "application/x-ndjson", "text/html"])]);
  if (choose.chance(0.3)) headers.push(["X-Forwarded-For", oddText(choose, 12_000).replace(/[^\x20-\xff]/g, "?")]);
  const request: RawRequest = {
    door: isOperator ? "operator, right secret" : "operator, wrong secret",
    method: choose.pick(isOperator ? ["GET", "GET", "HEAD", "PUT", "OPTIONS"] : ["GET", "POST", "DELETE", "PUT"]),
    target: fillParameters(choose, path) + queryText(choose, oddQuery(choose)),
    headers,
  };
  if (choose.chance(0.3)) {
    const body = choose.chance(0.5) ? choose.pick(JSON_BODIES) : oddText(choose);
    request.body = Buffer.from(isOperator ? `{${body}` : body);
    request.method = "POST";
    headers.push(["Content-Type", "application/json"], ["Content-Length", String(request.body.length)]);
  }
  return request;
}

function wrongSecret(choose: Choose, secret: string): string | undefined {
  return choose.pick([
    () => undefined,
    () => `Bearer ${secret.slice(0, -1)}`,
    () => `Bearer ${secret}${secret.at(-1)}`,
    () => `Bearer ${secret.toUpperCase()}`,
    () => `Basic ${Buffer.from(`operator:${secret}x`).toString("base64")}`,
    () => `Bearer ${encoded(choose, oddText(choose, 8_000))}`,
    () => "Bearer",
    () => "",
  ])();
}
