import { forOperator } from "../operator/access/operator-access.server.ts";
import { convertTokens } from "../operator/secrets/token-encryption.server.ts";

const route = forOperator({ POST: ({ request }) => convertTokens(request) });

export const loader = route.loader;
export const action = route.action;
