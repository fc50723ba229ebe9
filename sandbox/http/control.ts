import type { IncomingMessage, ServerResponse } from "node:http";

import { UnknownShopError } from "../platform/state.ts";
import { readBody, sendJson } from "./answer.ts";
import type { ControlVerbs } from "./control-verbs.ts";

/**
 * `POST /control/<verb>` with the verb's arguments as a JSON array answers with its result as JSON. `GET /control` lists
 * the verbs. Requests that carry an Origin are only taken from the simulator itself: a page elsewhere cannot drive it.
 */
export async function serveControl(
  verbs: ControlVerbs,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
): Promise<void> {
  const { origin, host } = request.headers;
  if (
    origin !== undefined &&
    (!URL.canParse(origin) || !isLocal(new URL(origin).hostname) || !isLocal(host?.split(":")[0]))
  ) {
    return sendJson(response, 403, {
      code: "foreign_origin",
      message: "The control API answers to this machine only.",
    });
  }
  const name = url.pathname.replace(/^\/control\/?/, "");
  if (name === "") return sendJson(response, 200, { verbs: Object.keys(verbs).sort() });
  if (!Object.hasOwn(verbs, name)) {
    return sendJson(response, 404, {
      code: "unknown_verb",
      message: `No such verb: ${name}. GET /control lists them.`,
    });
  }
  if (request.method !== "POST") {
    return sendJson(response, 405, { code: "method_not_allowed", message: "POST the arguments." }, { allow: "POST" });
  }
  try {
    const body = await readBody(request);
    const parsed: unknown = body === "" ? [] : JSON.parse(body);
    const verb = verbs[name as keyof ControlVerbs] as (...args: unknown[]) => unknown;
    const args: unknown[] = Array.isArray(parsed) ? parsed : [parsed];
    // JSON has no undefined: an argument left out arrives as null.
    const result = await verb(...args.map((arg) => arg ?? undefined));
    sendJson(response, 200, { result: result ?? null });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (error instanceof UnknownShopError) return sendJson(response, 404, { code: error.code, message });
    const bad = error instanceof TypeError || error instanceof RangeError || error instanceof SyntaxError;
    sendJson(response, bad ? 422 : 500, { code: bad ? "invalid_request" : "internal_error", message });
  }
}

function isLocal(hostname: string | undefined): boolean {
  return hostname === "localhost" || hostname === "127.0.0.1" || hostname === "[::1]";
}
