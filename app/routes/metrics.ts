import { forOperator } from "../operator/access/operator-access.server.ts";
import { services } from "../services.server.ts";

const route = forOperator(
  {
    GET: async () => {
      const { registry } = services.metrics;
      return new Response(await registry.metrics(), { headers: { "Content-Type": registry.contentType } });
    },
  },
  { monitor: true },
);

export const loader = route.loader;
export const action = route.action;
