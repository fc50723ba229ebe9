import type { Choose } from "../choose.ts";
import { hostOf, nowSeconds, OWN_SHOP, signQuery, strangersToken, VICTIMS } from "../identities.ts";
import { encoded, oddShop, oddText } from "../odd-text.ts";

type Query = [string, string][];

const NAMES = [
  ..."shop host hmac timestamp embedded id_token session locale code state shopify-reload exitIframe bounced".split(
    " ",
  ),
  ..."index _data _routes failures version p offset limit status page q reload shop[] SHOP signature".split(" "),
];

/** A query that Shopify signed for the stranger's own store. */
export function ownQuery(choose: Choose, more: Record<string, string> = {}): Query {
  const query: Record<string, string> = {
    host: hostOf(OWN_SHOP),
    shop: OWN_SHOP,
    timestamp: String(nowSeconds() - choose.pick([0, 0, 0, 30, 100, -100])),
    ...more,
  };
  if (choose.chance(0.5)) Object.assign(query, { embedded: "1", locale: "en", session: choose.random.hex(64) });
  return signQuery(query);
}

/** The same, taken apart and put together again around somebody else's shop. */
export function splicedQuery(choose: Choose, more: Record<string, string> = {}): Query {
  const victim = choose.pick(Object.values(VICTIMS));
  const signed = ownQuery(choose, more);
  const named: [string, string] = [choose.pick(["shop", "shop", "shop[]", "Shop", "shop ", "shop\u0000"]), victim];
  const withShop = (shop: string): Query => signed.map(([name, value]) => [name, name === "shop" ? shop : value]);
  return choose.pick<() => Query>([
    () => [named, ...signed],
    () => [...signed, named],
    () => choose.shuffled([...signed, named]),
    () => [named, ...signed, ["shop", OWN_SHOP]],
    () => withShop(victim),
    () => withShop(`${OWN_SHOP},${victim}`),
    () => withShop(`${OWN_SHOP}&shop=${victim}`),
    () => [...withShop(victim), ["host", hostOf(victim)]],
    () => [...signed, ["host", hostOf(victim)], ["embedded", "1"]],
    () => [...signed, ["hmac", choose.random.hex(64)]],
    () => [
      ["hmac", choose.random.hex(64)],
      ["shop", victim],
      ["timestamp", String(nowSeconds())],
    ],
    () => signed.map(([name, value]) => [name, name === "hmac" ? value.toUpperCase() : value]),
    () => [...signed, ["id_token", strangersToken(choose)], ["shop", victim]],
    () => signQuery({ shop: victim, host: hostOf(victim), timestamp: "0" }).filter(([name]) => name !== "hmac"),
  ])();
}

/** Names that are read, with values of all kinds, some of them more than once. */
export function oddQuery(choose: Choose): Query {
  const query: Query = Array.from({ length: choose.int(5) }, () => [
    choose.chance(0.95) ? choose.pick(NAMES) : oddText(choose, 1_000),
    choose.chance(0.4) ? oddShop(choose) : oddText(choose, 12_000),
  ]);
  if (query.length > 0 && choose.chance(0.2)) query.push(choose.pick(query));
  return query;
}

/** Each kind, as text behind a path, with or without `?`. */
export function queryText(choose: Choose, query: Query): string {
  if (query.length === 0) return choose.pick(["", "", "?", "?&", "?=", "??"]);
  const name = (text: string) => (choose.chance(0.05) ? encoded(choose, text) : plain(text));
  const value = (text: string) => (choose.chance(0.15) ? encoded(choose, text) : plain(text));
  return `?${query.map(([key, given]) => `${name(key)}=${value(given)}`).join(choose.chance(0.02) ? ";" : "&")}`;
}

function plain(text: string): string {
  return new URLSearchParams([["", text]]).toString().slice(1);
}
