import { readTokenHealthReport } from "./read-token-health.server.ts";

/** `GET /admin/token-health`: 200, or 503 when a permanent token has appeared where none can come from any more. */
export async function showTokenHealth(): Promise<Response> {
  const report = await readTokenHealthReport();
  return Response.json(report, { status: report.verdict === "regression" ? 503 : 200 });
}
