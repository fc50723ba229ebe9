import { FUZZED_APP, OWN_SHOP } from "./identities.ts";
import { type RawAnswer, type RawRequest, wireOf } from "./raw-request.ts";

/** Node's own limit for a request's head, which a redirect may have to repeat in part. */
const MOST_HEAD_CHARACTERS = 16 * 1024;
/** What a token of Shopify's or a signature looks like when it is whole. */
const WHOLE_SECRET = /shp(?:at|rt|ca|ss|ua)_[0-9a-f]{32}|eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{20,}/g;

/**
 * What is wrong with an answer, if anything: a 5xx, a secret that was not in the request, a redirect to somewhere else, a header
 * that the request made up, a head without measure.
 */
export function judgeAnswer(request: RawRequest, answer: RawAnswer | undefined, secrets: string[]): string | undefined {
  if (!answer) return request.mayStayUnanswered ? undefined : "the connection was closed without an answer";
  const { status, head, body } = answer;
  if (status >= 500 && !isVerdict(request, status)) return `answered ${status}`;
  if (status < 200) return `ended after ${status}`;
  if (head.length > MOST_HEAD_CHARACTERS) return `a head of ${head.length} characters`;
  if (/^x-injected:/im.test(head)) return "a header of the request's making";
  const whole = `${head}\n${body}`;
  const leaked = secrets.find((secret) => whole.includes(secret));
  if (leaked && !wireOf(request).includes(leaked)) return `a secret in the answer: ${leaked.slice(0, 8)}…`;
  const location = /^location: (.*)$/im.exec(head)?.[1]?.trim();
  return location === undefined ? undefined : judgeRedirect(location);
}

/** In contract, permanent tokens are a regression: then the operator's health check says so with 503, as it promises. */
function isVerdict({ door, target }: RawRequest, status: number): boolean {
  return status === 503 && door === "operator, right secret" && target.startsWith("/admin/token-health");
}

/** Shopify's own pages and the app's are where a redirect may lead; nothing that the request named. */
function judgeRedirect(location: string): string | undefined {
  const url = URL.parse(location, FUZZED_APP.url);
  if (!url) return `redirected to what is no address: ${location.slice(0, 80)}`;
  const own = url.origin === FUZZED_APP.url || url.origin === "https://admin.shopify.com";
  if (own || /^https:\/\/[a-z0-9-]+\.myshopify\.com$/.test(url.origin)) return undefined;
  return `redirected to ${url.origin.slice(0, 80)}`;
}

/** Secrets in what the app has written: those of this run, and everything that has the shape of one. */
export function findSecretsInLog(text: string, secrets: string[]): string | undefined {
  const known = secrets.find((secret) => text.includes(secret));
  const found = known ?? text.match(WHOLE_SECRET)?.[0];
  if (found === undefined) return undefined;
  const at = text.indexOf(found);
  const line = text.slice(text.lastIndexOf("\n", at) + 1, at + found.length);
  const requestId = /"requestId":"(fuzz-\d+)"/.exec(text.slice(at - line.length, at + 2_000))?.[1];
  return `a secret in the log${requestId ? ` (${requestId})` : ""}: …${line.slice(-120, -20)}…`;
}

/** Whose tokens a call to Shopify may be about, when all that came was a stranger's. */
export function isOwnCall(call: { shop: string }): boolean {
  return call.shop === OWN_SHOP;
}
