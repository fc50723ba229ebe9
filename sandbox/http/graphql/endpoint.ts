import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as wait } from "node:timers/promises";

import { openCall, wallNow } from "../../platform/ledger/ledger.ts";
import { findSecrets } from "../../platform/ledger/sightings.ts";
import type { Call } from "../../platform/types.ts";
import { readBody, sendJson } from "../answer.ts";
import type { HttpContext } from "../context.ts";
import { noteEnd } from "../note-end.ts";
import { dropConnection, noteThrottled, planEffects, playBefore, sendTruncated } from "../play-effects.ts";
import { executeAdminQuery, type GraphqlRequest } from "./execute.ts";
import { knowsVersion } from "./schema.ts";

/** `POST /admin/api/<version>/graphql.json`. Unknown versions are 404; data and GraphQL errors alike are 200. */
export async function serveGraphql(
  context: HttpContext,
  request: IncomingMessage,
  response: ServerResponse,
  shop: string,
  version: string,
): Promise<void> {
  const { state } = context.platform;
  const startedWall = wallNow();
  const body = await readBody(request);
  const call = openCall(state.ledger, { endpoint: "graphql", shop, at: state.clock.now() });
  call.startedWall = startedWall;
  const answered = noteEnd(call, response);
  await respond(context, request, response, { shop, version, body, call });
  answered();
}

interface AdminCall {
  shop: string;
  version: string;
  body: string;
  call: Call;
}

async function respond(
  { platform }: HttpContext,
  request: IncomingMessage,
  response: ServerResponse,
  { shop, version, body, call }: AdminCall,
): Promise<void> {
  const { state } = platform;
  const answer = (status: number, json: unknown, outcome: string, headers: Record<string, string> = {}): void => {
    call.status = status;
    call.outcome = outcome;
    sendJson(response, status, json, {
      "x-request-id": state.random.uuid(),
      "x-shopify-api-version": version,
      ...headers,
    });
  };
  const plan = planEffects(state.faults.match({ shop, endpoint: "graphql" }), state.random);
  const throttle = (limit: { retryAfterSeconds: number; forAll?: boolean }): void => {
    noteThrottled(call, limit);
    const headers = { "retry-after": limit.retryAfterSeconds.toFixed(1) };
    answer(429, { errors: "Exceeded the rate limit of the Admin API." }, "throttled", headers);
  };
  if (await playBefore(plan, call, response, throttle)) return;
  const header = request.headers["x-shopify-access-token"];
  const token = Array.isArray(header) ? header[0] : header;
  const known = token === undefined ? undefined : state.ledger.byValue.get(token);
  if (known) call.presented = known.id;
  if (known?.kind === "refresh") {
    state.ledger.sightings.push({ secret: "refresh token", where: "access token header", call: call.n });
  }
  if (!knowsVersion(version)) return answer(404, { errors: "Not Found" }, "unknown_version");
  const access = platform.adminAccess(shop, token);
  if (!access.allowed) {
    if (known && access.status === 401) {
      state.ledger.usedAfterEnd.push({ call: call.n, token: known.id, reason: known.endReason ?? access.outcome });
    }
    return answer(access.status, { errors: access.errors }, access.outcome);
  }
  for (const sighting of findSecrets(state, body, "graphql body"))
    state.ledger.sightings.push({ ...sighting, call: call.n });
  const parsed = parseRequest(body);
  if (!parsed) return answer(400, { errors: { query: "Required parameter missing or invalid" } }, "bad_request");
  const result = await executeAdminQuery(state, access.shop, version, parsed);
  if (plan.afterMs > 0) await wait(plan.afterMs);
  if (plan.lostAfter) return dropConnection(response, plan.lostAfter);
  if (plan.truncate) {
    Object.assign(call, { status: 200, outcome: "truncated" });
    return sendTruncated(response, 200, result);
  }
  answer(200, result, result.errors ? "errors" : "ok");
}

function parseRequest(body: string): GraphqlRequest | undefined {
  try {
    const parsed = JSON.parse(body) as GraphqlRequest;
    return typeof parsed.query === "string" ? parsed : undefined;
  } catch {
    return undefined;
  }
}
