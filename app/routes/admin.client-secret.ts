import { forOperator } from "../operator/access/operator-access.server.ts";
import { repin, showClientSecret } from "../operator/secrets/client-secret.server.ts";

const look = forOperator({ GET: showClientSecret, POST: ({ request }) => repin(request) }, { monitor: true });
const touch = forOperator({ GET: showClientSecret, POST: ({ request }) => repin(request) });

export const loader = look.loader;
export const action = touch.action;
