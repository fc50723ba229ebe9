import type { LoaderFunctionArgs } from "@remix-run/node";
import { forOperator } from "../../access/operator-access.server.ts";
import type { OperatorHandlers } from "../../access/operator-route.server.ts";
import { consoleRoute, type ConsoleHandlers } from "./console-route.server.tsx";

/**
 * An address that answers a browser with a page, and a program, which sends the secret with each request, with JSON.
 * @param programs open to MIGRATION_SECRET alone: the answers name shops.
 */
export function pagesAndPrograms(pages: ConsoleHandlers, programs: OperatorHandlers) {
  const [page, program] = [consoleRoute(pages), forOperator(programs)];
  const handle = (args: LoaderFunctionArgs) => {
    const { headers } = args.request;
    const isBrowser = /text\/html/i.test(headers.get("Accept") ?? "") && !headers.has("Authorization");
    return isBrowser ? page.loader(args) : program.loader(args);
  };
  return { loader: handle, action: handle };
}
