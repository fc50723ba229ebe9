import type { TokenContext } from "../context.ts";
import type { Grant } from "./token-endpoint.ts";

/**
 * Begins a call of the token endpoint, for metrics and traces.
 * @returns what ends it, with `ok`, `incomplete` or the kind of verdict, and the verdict's reason.
 */
export function beginTokenCall(
  ctx: TokenContext,
  grant: Grant,
  shop: string,
): (result: string, reason?: string) => void {
  const end = ctx.startTokenCall({ grant, shop });
  return (result, reason) => {
    ctx.metrics.tokenCalls.inc({ grant, result });
    end({ result, reason });
  };
}
