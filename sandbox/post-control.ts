import { request } from "node:http";

/** Thrown when the control API refuses: `code` as in its answer, `status` over HTTP. */
export class SandboxControlError extends Error {
  readonly code: string;
  readonly status: number;
  constructor(verb: string, status: number, code: string, message: string) {
    super(`${verb}: ${message}`);
    this.code = code;
    this.status = status;
  }
}

/** Calls one verb of the control API at `origin`. @throws SandboxControlError when it refuses. */
export function postControl<Result>(origin: string, verb: string, args: unknown[]): Promise<Result> {
  return new Promise((resolve, reject) => {
    const body = JSON.stringify(args.map((arg) => arg ?? undefined));
    const outgoing = request(`${origin}/control/${verb}`, {
      method: "POST",
      headers: { "content-type": "application/json", "content-length": Buffer.byteLength(body) },
    });
    outgoing.on("error", reject);
    outgoing.on("response", (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const status = response.statusCode ?? 0;
        try {
          const answer = JSON.parse(Buffer.concat(chunks).toString()) as {
            result: Result;
            code?: string;
            message?: string;
          };
          if (status === 200) resolve(answer.result);
          else
            reject(new SandboxControlError(verb, status, answer.code ?? "unknown", answer.message ?? `HTTP ${status}`));
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      });
    });
    outgoing.end(body);
  });
}
