import { forOperator } from "../operator/access/operator-access.server.ts";
import { probeApplicationToken } from "../operator/health/probe-application-token.server.ts";

const route = forOperator({ POST: ({ request }) => probeApplicationToken(request) });

export const loader = route.loader;
export const action = route.action;
