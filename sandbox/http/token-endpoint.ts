import { parse as parseForm } from "node:querystring";
import { setTimeout as wait } from "node:timers/promises";
import type { IncomingMessage, ServerResponse } from "node:http";

import { openCall, wallNow } from "../platform/ledger/ledger.ts";
import type { PlatformState } from "../platform/state.ts";
import type { TokenAnswer } from "../platform/token-answers.ts";
import { grantOf, type TokenParameters } from "../platform/token-endpoint.ts";
import type { Call, Grant } from "../platform/types.ts";
import { oauthErrorPage, readBody, sendJson, sendText } from "./answer.ts";
import type { HttpContext } from "./context.ts";
import { noteEnd } from "./note-end.ts";
import { dropConnection, noteThrottled, planEffects, playBefore, sendTruncated } from "./play-effects.ts";

/** `POST /admin/oauth/access_token`: JSON and form bodies; errors as JSON or HTML, as the caller accepts. */
export async function serveTokenEndpoint(
  context: HttpContext,
  request: IncomingMessage,
  response: ServerResponse,
  shop: string,
  url: URL,
): Promise<void> {
  const { state } = context.platform;
  const startedWall = wallNow();
  const parameters = parseParameters(await readBody(request), request.headers["content-type"], url);
  const grant = grantOf(parameters);
  const call = openCall(state.ledger, { endpoint: "token", shop, grant, at: state.clock.now() });
  call.startedWall = startedWall;
  const answered = noteEnd(call, response);
  await answer(context, request, response, { shop, grant, parameters, call });
  answered();
}

interface TokenCall {
  shop: string;
  grant: Grant;
  parameters: TokenParameters;
  call: Call;
}

async function answer(
  { platform }: HttpContext,
  request: IncomingMessage,
  response: ServerResponse,
  { shop, grant, parameters, call }: TokenCall,
): Promise<void> {
  const { state } = platform;
  const acceptsJson = (request.headers.accept ?? "").includes("application/json");

  const limited = state.buckets.take(shop, state.clock.wall());
  if (limited) return throttle(state, response, call, limited);

  const plan = planEffects(state.faults.match({ shop, endpoint: "token", grant }), state.random);
  const flight = enterFlight(state, shop, grant === "refresh" ? parameters.refresh_token : undefined);
  try {
    if (await playBefore(plan, call, response, (limit) => throttle(state, response, call, limit))) return;
    const token = platform.tokenRequest(shop, parameters, { concurrent: flight.concurrent });
    note(state, call, token);
    if (plan.afterMs > 0) await wait(plan.afterMs);
    if (plan.lostAfter) return dropConnection(response, plan.lostAfter);
    for (const field of plan.omit) delete token.body[field];
    call.status = token.status;
    if (plan.truncate) sendTruncated(response, token.status, token.body);
    else send(response, token, acceptsJson, state);
  } finally {
    flight.leave();
  }
}

function parseParameters(body: string, contentType: string | undefined, url: URL): TokenParameters {
  if (contentType?.includes("json")) {
    try {
      const parsed: unknown = JSON.parse(body);
      return parsed !== null && typeof parsed === "object" ? (parsed as TokenParameters) : {};
    } catch {
      return {};
    }
  }
  return body === "" ? Object.fromEntries(url.searchParams) : { ...parseForm(body) };
}

/** Counts refreshes of one token that are in flight together: `concurrentRefresh` is about those. */
function enterFlight(
  state: PlatformState,
  shopDomain: string,
  refreshToken: unknown,
): { concurrent: boolean; leave: () => void } {
  const shop = state.shops.get(shopDomain);
  if (!shop || typeof refreshToken !== "string") return { concurrent: false, leave: () => undefined };
  const flights = (shop.refreshing ??= new Map<string, number>());
  const before = flights.get(refreshToken) ?? 0;
  flights.set(refreshToken, before + 1);
  return {
    concurrent: before > 0,
    leave: () => {
      const left = (flights.get(refreshToken) ?? 1) - 1;
      if (left > 0) flights.set(refreshToken, left);
      else flights.delete(refreshToken);
    },
  };
}

function note(state: PlatformState, call: Call, answer: TokenAnswer): void {
  call.outcome = answer.outcome;
  call.issued = answer.issued;
  const presented = answer.presented === undefined ? undefined : state.ledger.byValue.get(answer.presented);
  if (!presented) return;
  call.presented = presented.id;
  if (answer.status !== 200) {
    const reason = presented.endReason ?? answer.outcome;
    state.ledger.usedAfterEnd.push({ call: call.n, token: presented.id, reason });
  }
}

function throttle(
  state: PlatformState,
  response: ServerResponse,
  call: Call,
  limit: { retryAfterSeconds: number; forAll?: boolean },
): void {
  noteThrottled(call, limit);
  const { retryAfterSeconds } = limit;
  const decimal = state.choices.retryAfterFormat === "decimal";
  sendJson(
    response,
    429,
    { errors: "Exceeded the rate limit of the token endpoint. Reduce request rates to resume uninterrupted service." },
    { "retry-after": decimal ? retryAfterSeconds.toFixed(1) : String(Math.ceil(retryAfterSeconds)) },
  );
}

function send(response: ServerResponse, answer: TokenAnswer, acceptsJson: boolean, state: PlatformState): void {
  const headers = { "x-request-id": state.random.uuid(), "cache-control": "no-store" };
  if (answer.status === 200 || acceptsJson) {
    sendText(response, answer.status, "application/json; charset=utf-8", JSON.stringify(answer.body), headers);
    return;
  }
  const { error, error_description, errors } = answer.body as Record<string, string | undefined>;
  const page = oauthErrorPage(error ?? String(errors ?? answer.status), error_description);
  sendText(response, answer.status, "text/html; charset=utf-8", page, headers);
}
