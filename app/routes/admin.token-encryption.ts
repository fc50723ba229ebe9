import { forOperator } from "../operator/access/operator-access.server.ts";
import { convertTokens } from "../operator/secrets/token-encryption.server.ts";

const { loader, action } = forOperator({ POST: ({ request }) => convertTokens(request) });
export { loader, action };
