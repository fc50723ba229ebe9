/** RFC 9457 problem details: `code` is stable and for machines, `detail` says what to do about it. */
export interface Problem {
  status: number;
  code: string;
  title: string;
  detail: string;
  /** Fields of the request that cannot be used, each with the reason. */
  errors?: readonly { field: string; message: string }[];
}

/** A problem as a response of type `application/problem+json`. */
export function problemResponse({ status, ...problem }: Problem, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify({ type: "about:blank", status, ...problem }), {
    status,
    headers: { "Content-Type": "application/problem+json", ...headers },
  });
}
