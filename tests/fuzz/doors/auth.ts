import type { Choose } from "../choose.ts";
import { FUZZED_APP, OWN_SHOP } from "../identities.ts";
import { canary, oddShop, oddText } from "../odd-text.ts";
import type { RawRequest } from "../raw-request.ts";
import { oddQuery, ownQuery, queryText, splicedQuery } from "./query.ts";

/** An installation that the stranger began for the own store: a state, and the cookies that belong to it. */
export interface BegunInstall {
  state: string;
  cookies: string;
}

/** Everything below /auth: the authorization code grant, its callback, the library's two pages. */
export function authDoor(choose: Choose, begun: BegunInstall | undefined): RawRequest {
  const path = choose.pick(["/auth", "/auth/callback", "/auth/callback", "/auth/session-token", "/auth/exit-iframe"]);
  const state = begun && choose.chance(0.6) ? begun.state : choose.random.hex(32);
  const grant = { code: choose.chance(0.9) ? choose.random.hex(32) : canary(choose), state };
  const more: Record<string, string> = path === "/auth/callback" ? grant : {};
  const query = choose.pick([
    () => ownQuery(choose, more),
    () => splicedQuery(choose, more),
    () => splicedQuery(choose, more),
    () => oddQuery(choose),
    () => [["shop", oddShop(choose)] as [string, string], ["host", oddText(choose, 2_000)] as [string, string]],
  ])();
  if (path === "/auth/exit-iframe") {
    query.push(["exitIframe", choose.chance(0.5) ? exitAddress(choose) : oddText(choose, 4_000)]);
  }
  if (path === "/auth/session-token") query.push(["shopify-reload", exitAddress(choose)]);
  const headers: [string, string][] = [];
  if (choose.chance(0.6)) headers.push(["Cookie", cookies(choose, begun)]);
  return {
    door: "auth",
    method: choose.chance(0.9) ? "GET" : choose.pick(["POST", "HEAD", "PUT"]),
    target: path + queryText(choose, query),
    headers,
  };
}

function exitAddress(choose: Choose): string {
  return choose.pick([
    ...[
      "/a//b",
      "//evil.example",
      "https://evil.example",
      "javascript:alert(1)",
      "/\\evil.example",
      "https://",
      "/%00",
    ],
    ...[
      `${FUZZED_APP.url}/app`,
      `https://${OWN_SHOP}/admin`,
      `${FUZZED_APP.url}@evil.example/`,
      "",
      "https://a@b:99999",
    ],
    ...[`https://admin.shopify.com.evil.example`, `https://admin.shopify.com/\r\nX-Injected: 1`],
  ]);
}

function cookies(choose: Choose, begun: BegunInstall | undefined): string {
  return choose.pick([
    () => begun?.cookies ?? "",
    () => begun?.cookies ?? "",
    () => `${begun?.cookies ?? ""}; ${begun?.cookies ?? ""}`,
    () => `shopify_app_state=${choose.random.hex(16)}; shopify_app_state.sig=${choose.random.hex(32)}`,
    () => "a=b; ".repeat(1 + choose.int(1_500)),
    () => oddText(choose, 8_000),
  ])();
}
