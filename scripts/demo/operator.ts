import type { RunView } from "../../app/migration/index.ts";

/** A run as `/admin/migrate-tokens` reports it. */
export type Run = RunView;

export interface Answer<T = unknown> {
  status: number;
  headers: Headers;
  body: T;
}

/** An operator with curl: the app's operator routes with a secret, a wrong one, or none. */
export interface Operator {
  get<T = unknown>(path: string): Promise<Answer<T>>;
  post<T = unknown>(path: string, body?: unknown): Promise<Answer<T>>;
}

export function createOperator(appUrl: string, secret: string | undefined): Operator {
  const call = async (method: string, path: string, body?: unknown) => {
    const response = await fetch(new URL(path, appUrl), {
      method,
      headers: {
        ...(secret === undefined ? {} : { authorization: `Bearer ${secret}` }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const json = /json/.test(response.headers.get("content-type") ?? "");
    return { status: response.status, headers: response.headers, body: json && text ? JSON.parse(text) : text };
  };
  return {
    get: (path) => call("GET", path),
    post: (path, body) => call("POST", path, body),
  };
}

/** Starts a run and follows it to its end, as the README's commands do. */
export async function migrateToTheEnd(operator: Operator): Promise<{ first: Answer<Run>; run: Run }> {
  const first = await operator.post<Run>("/admin/migrate-tokens");
  let latest = first;
  while (latest.body.status === "running") {
    const seconds = Number(latest.headers.get("retry-after") ?? 1);
    await new Promise((resolve) => setTimeout(resolve, Math.min(seconds, 5) * 1000));
    latest = await operator.get<Run>(`/admin/migrate-tokens/${first.body.id}`);
    if (latest.status >= 400) throw new Error(`asked for the run, the app answered ${latest.status}`);
  }
  return { first, run: latest.body };
}
