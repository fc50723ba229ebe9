import type { ActionFunctionArgs, LoaderFunctionArgs } from "@remix-run/node";
import { DatabaseAwayError, postgresError } from "../../infra/database/database-error.ts";
import { isDatabaseFailure, isDatabaseUnable } from "../../infra/database/is-database-outage.ts";
import { harmlessJson } from "../../infra/harmless.ts";
import { StorageUnfitError } from "../../tokens/index.ts";
import type { FailedAttempts } from "./failed-attempts.server.ts";
import { isOperatorSecret } from "./is-operator-secret.server.ts";
import { problemResponse } from "./problem.ts";

export interface OperatorDependencies {
  /** Those that open the route. None: it does not exist. */
  secrets: readonly string[];
  failedAttempts: FailedAttempts;
  /** Why the database refuses what it is asked, and what mends it; undefined when nothing is known. */
  findUnfitness?: (error: unknown) => Promise<string | undefined>;
  /** The database cannot be reached; answered with 503. */
  onOutage?: (error: unknown) => void;
  onRefused?: (fields: { address: string; path: string; tooMany: boolean }) => void;
}

type Handler = (args: LoaderFunctionArgs) => Promise<Response>;
export type OperatorHandlers = Partial<Record<"GET" | "POST" | "DELETE", Handler>>;

/**
 * Makes the loader and action of an operator's route: the secret first, then the method, then the handler. HEAD is GET.
 * Answers 404 without a secret in the environment, 401 to a wrong one, 429 to too many wrong ones, 405 with `Allow`, 503 while the
 * database is away, or its tables are not as they must be.
 */
export function operatorRoute(handlers: OperatorHandlers, dependencies: OperatorDependencies) {
  const handle = async (args: LoaderFunctionArgs | ActionFunctionArgs): Promise<Response> => {
    const refusal = await refuse(args, dependencies);
    if (refusal) return refusal;
    const { method } = args.request;
    const handler = handlers[(method === "HEAD" ? "GET" : method) as keyof OperatorHandlers];
    if (!handler) return methodNotAllowed(allowedMethods(handlers));
    try {
      return withHarmlessJson(await handler(args));
    } catch (error) {
      if (!isDatabaseFailure(error) && !(error instanceof StorageUnfitError)) throw error;
      const isUnable = isDatabaseUnable(error);
      if (!isUnable || isReadOnly(error)) {
        const unfitness = await dependencies.findUnfitness?.(error).catch(() => undefined);
        if (unfitness) return problemResponse(storageUnfit(unfitness), { "Retry-After": "5" });
        if (!isUnable) throw error;
      }
      dependencies.onOutage?.(error);
      return problemResponse(databaseUnreachable(error), { "Retry-After": "5" });
    }
  };
  return { loader: handle, action: handle };
}

const JSON_TYPE = /^(?:application\/(?:json|problem\+json|x-ndjson)|text\/event-stream)/;

/** What others wrote (Shopify's words, names of rows) is shown in terminals, by programs that print what they get. */
function withHarmlessJson(response: Response): Response {
  if (!response.body || !JSON_TYPE.test(response.headers.get("Content-Type") ?? "")) return response;
  const escape = new TransformStream<string, string>({
    transform: (text, controller) => controller.enqueue(harmlessJson(text)),
  });
  const body = response.body.pipeThrough(new TextDecoderStream()).pipeThrough(escape);
  return new Response(body.pipeThrough(new TextEncoderStream()), response);
}

async function refuse(
  { request, context }: LoaderFunctionArgs | ActionFunctionArgs,
  { secrets, failedAttempts, onRefused }: OperatorDependencies,
): Promise<Response | undefined> {
  if (secrets.length === 0) return problemResponse(NOT_FOUND);
  if (isOperatorSecret(request.headers.get("authorization"), ...secrets)) return undefined;
  const retryAfter = await failedAttempts.record(context.clientAddress);
  onRefused?.({
    address: context.clientAddress,
    path: new URL(request.url).pathname,
    tooMany: retryAfter !== undefined,
  });
  return retryAfter === undefined
    ? problemResponse(UNAUTHORIZED, { "WWW-Authenticate": 'Bearer realm="operator"' })
    : problemResponse(TOO_MANY, { "Retry-After": String(retryAfter) });
}

function methodNotAllowed(allowed: string): Response {
  const problem = { status: 405, code: "method_not_allowed", detail: `This address answers ${allowed}.` };
  return problemResponse(problem, { Allow: allowed });
}

/** The methods that an address answers, as the header `Allow` has them. */
export function allowedMethods(handlers: object): string {
  return Object.keys(handlers)
    .flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method]))
    .join(", ");
}

const NOT_FOUND = {
  status: 404,
  code: "not_found",
  detail: "There is nothing here. The operator's routes exist when MIGRATION_SECRET is set in the app's environment.",
};
const UNAUTHORIZED = {
  status: 401,
  code: "unauthorized",
  detail: "Send the header `Authorization: Bearer <MIGRATION_SECRET>` with the secret of the app's environment.",
};
const READ_ONLY = "25006";
const isReadOnly = (error: unknown): boolean => postgresError(error)?.originalCode === READ_ONLY;

/** With the words of Postgres, or of the way to it: a login that is refused, no free connection. They quote no row. */
function databaseUnreachable(error: unknown) {
  const words = postgresError(error)?.originalMessage ?? (error instanceof DatabaseAwayError ? error.reason : "");
  return {
    status: 503,
    code: "database_unreachable",
    detail: `The app cannot reach its database${words && ` (${words})`}. A run that was going on continues by itself once the database is back; ask again then.`,
  };
}

const storageUnfit = (words: string) => ({
  status: 503,
  code: "storage_unfit",
  detail: `The database would not keep a new token, or cannot be read: ${words}`,
});
const TOO_MANY = {
  status: 429,
  code: "too_many_attempts",
  detail:
    "Too many requests with a wrong secret came from this address. Wait for Retry-After seconds; the right secret still works.",
};
