import { z } from "zod";
import { services } from "../../services.server.ts";
import type { Converted, SealingReport } from "../../tokens/index.ts";
import { conflict, invalidRequest } from "../access/problem.ts";
import { readBodyAs } from "../access/read-json-body.ts";

/** How long one request works; the next goes on where it ended. Below the timeouts of clients and proxies. */
const WORKS_FOR_MS = 10_000;
const ORDER = z.object({ to: z.enum(["sealed", "plain"]) });

/** What `POST /admin/token-encryption` answers. */
export type ConvertedTokens = Converted & { tokenEncryption: SealingReport };

/**
 * `POST /admin/token-encryption` with `{"to": "sealed"}` or `{"to": "plain"}`: brings stored tokens into that form for up to ten seconds and
 * says how many rows it was; to be repeated until `isComplete`. Refused where new tokens would be stored in the other form, or the keys are
 * not the right ones.
 */
export async function convertTokens(request: Request): Promise<Response> {
  const { tokens, log, stopping } = services;
  const order = await readBodyAs(request, ORDER);
  if (!order) return invalidRequest('Send {"to": "sealed"} or {"to": "plain"}.');
  const { to } = order;
  const problem = await tokens.keyProblem();
  if (problem) return conflict(problem.kind, `No token is touched: ${problem.what}. ${problem.remedy}`);
  const { sealsWith, opensWith } = await tokens.sealing();
  if (to === "sealed" && sealsWith === null) return conflict("no_sealing_key", NO_SEALING_KEY);
  if (to === "plain" && sealsWith !== null) return conflict("keys_would_seal", KEYS_WOULD_SEAL);
  if (to === "plain" && opensWith.length === 0) return conflict("no_opening_key", NO_OPENING_KEY);
  const signal = AbortSignal.any([request.signal, stopping, AbortSignal.timeout(WORKS_FOR_MS)]);
  const converted = await tokens.convertRows({ signal });
  log.info({ to, ...converted }, "stored tokens were converted for the operator");
  return Response.json({ ...converted, tokenEncryption: await tokens.sealing() } satisfies ConvertedTokens);
}

const NO_SEALING_KEY =
  "New tokens are stored in plain here: set TOKEN_ENCRYPTION_KEYS (npm run tokens -- make-key) on every instance, without TOKEN_ENCRYPTION_SEAL=false, and restart.";
const KEYS_WOULD_SEAL =
  "The app would seal again what is unsealed: set TOKEN_ENCRYPTION_SEAL=false on every instance and restart; the keys stay until no token is sealed.";
const NO_OPENING_KEY = "There is no key to open anything with: TOKEN_ENCRYPTION_KEYS is not set.";
