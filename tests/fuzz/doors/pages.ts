import type { Choose } from "../choose.ts";
import { strangersToken } from "../identities.ts";
import { encoded, longText, oddText } from "../odd-text.ts";
import type { RawRequest } from "../raw-request.ts";
import { ROUTE_PATHS } from "../route-paths.ts";
import { oddQuery, ownQuery, queryText, splicedQuery } from "./query.ts";

const METHODS = ["GET", "GET", "GET", "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"];
const FILES = [
  "/",
  "/healthz",
  "/readyz",
  "/favicon.ico",
  "/assets/x.js",
  "/assets/..%2f..%2fserver.ts",
  "/__manifest",
];

/** Every route, and what lies around it: pages, their data, files, addresses that do not exist. */
export function pagesDoor(choose: Choose): RawRequest {
  const query = choose.pick([
    () => [],
    () => oddQuery(choose),
    () => ownQuery(choose),
    () => splicedQuery(choose),
    () => [...ownQuery(choose), ["id_token", strangersToken(choose)] as [string, string]],
  ])();
  const headers: [string, string][] = [];
  if (choose.chance(0.4)) {
    const scheme = choose.pick(["Bearer ", "Bearer ", "Bearer ", "bearer ", "Bearer  ", "Basic ", ""]);
    headers.push(["Authorization", scheme + strangersToken(choose)]);
    if (choose.chance(0.05)) headers.push(["Authorization", `Bearer ${strangersToken(choose)}`]);
  }
  return {
    door: "pages",
    method: choose.pick(METHODS),
    target: oddPath(choose) + queryText(choose, query),
    headers,
  };
}

function oddPath(choose: Choose): string {
  const path = fillParameters(choose, choose.chance(0.85) ? choose.pick(ROUTE_PATHS) : choose.pick(FILES));
  return choose.pick([
    () => path,
    () => path,
    () => path,
    () => `${path}.data`,
    () => `${path === "/" ? "/_root" : path}.data`,
    () => `${path}/${encoded(choose, oddText(choose, 8_000))}`,
    () => `/${encoded(choose, oddText(choose, 15_000))}`,
    () => `/${encoded(choose, longText(choose, 15_000))}`,
    () => choose.pick([`/${path}`, `/.${path}`, `/..${path}`, `/x/..${path}`, `${path}/`, `${path}//`, `${path};x=1`]),
    () => path.replace(/[a-z]/, (letter) => `%${letter.charCodeAt(0).toString(16)}`),
    () => path.toUpperCase(),
    () => `${path}%00`,
  ])();
}

/** `:id` and `*` become what nobody expects there. */
export function fillParameters(choose: Choose, path: string): string {
  return path.replace(/[:*]\w*/g, () => encoded(choose, oddText(choose, 4_000)).replaceAll("?", "%3f"));
}
