import { isDatabaseUnable } from "../../../app/infra/database/is-database-outage.ts";
import { isOfTheApp, TokenError, TransientError } from "../../../app/tokens/index.ts";

const RETRY_AFTER_SECONDS = 5;

/** An HTTP answer, for any framework. */
export interface ErrorAnswer {
  status: number;
  headers: Record<string, string>;
  /** For the merchant; no detail of the app. */
  text: string;
}

/**
 * What a token's error, or a database that is away, is answered with; undefined for other errors. A request of App Bridge whose ID token
 * was refused is sent again by App Bridge with a new one.
 */
export function answerOf(error: unknown): ErrorAnswer | undefined {
  if (isDatabaseUnable(error)) return later(RETRY_AFTER_SECONDS, "The app is busy. Please try again in a moment.");
  if (!(error instanceof TokenError)) return undefined;
  switch (error.code) {
    case "reauthorization_required":
    case "invalid_id_token":
      return {
        status: 401,
        headers: { "X-Shopify-Retry-Invalid-Session-Request": "1" },
        text: "Please open the app again from Shopify Admin.",
      };
    case "shop_suspended":
      return { status: 423, headers: {}, text: "This store is paused. The app works again when the store is open." };
    case "transient":
    case "incomplete_pair":
    case "storage_unfit":
      return later(retryAfterSeconds(error), ASK_LATER);
    case "configuration":
      // Else a new or closed store.
      return isOfTheApp(error.reason)
        ? { status: 500, headers: {}, text: "The app is not set up correctly." }
        : later(RETRY_AFTER_SECONDS, ASK_LATER);
    default:
      return { status: 502, headers: {}, text: "Shopify refused what the app asked for." };
  }
}

/** The same as a Response. */
export function responseOf(error: unknown): Response | undefined {
  const answer = answerOf(error);
  if (!answer) return undefined;
  const headers = { "Content-Type": "text/plain; charset=utf-8", ...answer.headers };
  return new Response(answer.text, { status: answer.status, headers });
}

const ASK_LATER = "Shopify cannot be asked just now. Please try again in a moment.";

function later(seconds: number, text: string): ErrorAnswer {
  return { status: 503, headers: { "Retry-After": String(seconds) }, text };
}

/** What Shopify asked for, else a few seconds. */
function retryAfterSeconds(error: TokenError): number {
  const askedMs = error instanceof TransientError ? error.retryAfterMs : undefined;
  return askedMs === undefined ? RETRY_AFTER_SECONDS : Math.ceil(askedMs / 1000);
}
