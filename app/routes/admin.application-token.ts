import { forOperator } from "../operator/access/operator-access.server.ts";
import { probeApplicationToken } from "../operator/health/probe-application-token.server.ts";

const { loader, action } = forOperator({ POST: ({ request }) => probeApplicationToken(request) });
export { loader, action };
