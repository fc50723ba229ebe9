import { services } from "../../services.server.ts";

/** `GET /metrics`: Prometheus text. */
export async function showMetrics(): Promise<Response> {
  const { registry } = services.metrics;
  return new Response(await registry.metrics(), { headers: { "Content-Type": registry.contentType } });
}
