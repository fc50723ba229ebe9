import type { LoaderFunctionArgs } from "@remix-run/node";
import { handleAuthRequest } from "../auth/install/handle-auth-request.server.ts";

/** `/auth/callback`, and the library's two small pages `/auth/session-token` and `/auth/exit-iframe`. */
export const loader = ({ request }: LoaderFunctionArgs) => handleAuthRequest(request);
