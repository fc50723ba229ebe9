import { forOperator } from "../operator/operator-access.server.ts";
import { probeApplicationToken } from "../operator/probe-application-token.server.ts";

const route = forOperator({ POST: ({ request }) => probeApplicationToken(request) });

export const loader = route.loader;
export const action = route.action;
