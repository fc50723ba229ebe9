const POLL_SECONDS = 5;

/** Where a run is found. */
function runAddress(id: string): string {
  return `/admin/migrate-tokens/${encodeURIComponent(id)}`;
}

/** A run as JSON: 200 when it has ended, else 202 with where to look again and when. */
export function runResponse<Run extends { id: string; status: string }>(run: Run, { accepted = false } = {}): Response {
  if (run.status !== "running") return Response.json(run);
  return Response.json(run, {
    status: accepted ? 202 : 200,
    headers: { Location: runAddress(run.id), "Retry-After": String(POLL_SECONDS) },
  });
}
