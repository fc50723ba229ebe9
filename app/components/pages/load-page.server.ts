import type { LoaderFunctionArgs } from "@remix-run/node";
import { withAdmin, type AdminContext } from "../../auth/authenticate.server.ts";
import { problemResponse } from "../../auth/token-error-response.server.ts";
import { services } from "../../services.server.ts";

/** A merchant is answered within this, whatever hangs: the database, or Shopify's token endpoint. */
const ANSWER_WITHIN_MS = 4_500;

/**
 * Runs the loader or action of an embedded page: authenticated, bounded in time, and with a reference in every problem that the page
 * then shows. Whatever is still under way when time is up ends by its own timeouts.
 * @throws Response
 */
export async function loadPage<T>(
  args: Pick<LoaderFunctionArgs, "request" | "context">,
  run: (admin: AdminContext) => Promise<T>,
): Promise<T> {
  const reference = args.context.requestId;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      services.log.warn({ requestId: reference }, "a page waited long enough for the database or Shopify");
      reject(problemResponse(503, { code: "busy", reference }, { "Retry-After": "5" }));
    }, ANSWER_WITHIN_MS);
  });
  try {
    return await Promise.race([withAdmin(args, run), late]);
  } catch (error) {
    if (error instanceof Response) throw error;
    services.log.error(
      { err: error, requestId: reference, path: new URL(args.request.url).pathname },
      "request failed",
    );
    throw problemResponse(500, { code: "unknown", reference });
  } finally {
    clearTimeout(timer);
  }
}
