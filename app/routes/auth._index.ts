import type { LoaderFunctionArgs } from "@remix-run/node";
import { handleAuthRequest } from "../auth/install/handle-auth-request.server.ts";

/** `/auth`: where the authorization code grant begins. */
export const loader = ({ request }: LoaderFunctionArgs) => handleAuthRequest(request);
