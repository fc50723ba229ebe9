import { OperatorError } from "./operator-error.ts";
import { harmless } from "./paint.ts";

/** An answer of the app, or of whatever stands at its address. */
export interface Answer {
  status: number;
  headers: Headers;
  text: string;
}

const GOES_ON = "A run that was started goes on without this command.";
const IS_IT_THERE = "Does --url point at the app itself, and not at something in front of it?";

/** What each of Node's network errors means to an operator. */
const REASONS: Record<string, string> = {
  ECONNREFUSED: "nothing listens there",
  ECONNRESET: "the connection broke off",
  UND_ERR_SOCKET: "the connection broke off",
  EPIPE: "the connection broke off",
  ENOTFOUND: "there is no such host",
  EAI_AGAIN: "its name cannot be looked up now",
  EHOSTUNREACH: "there is no way to that host",
  ENETUNREACH: "there is no network",
  ETIMEDOUT: "no connection in time",
  UND_ERR_CONNECT_TIMEOUT: "no connection in time",
};

/** Turns a failed call into words and a remedy. `origin` is the address that was called. */
export function explainNetworkError(cause: unknown, origin: string): OperatorError {
  const code = codeOf(cause);
  if (code === "TimeoutError") {
    return new OperatorError("timeout", `${origin} gave no answer in time`, `Is the app overloaded? ${GOES_ON}`, {
      cause,
    });
  }
  if (code === "ERR_SSL_WRONG_VERSION_NUMBER" || code === "ERR_SSL_PACKET_LENGTH_TOO_LONG") {
    const remedy = `Write --url ${origin.replace(/^https:/, "http:")} if the app is called without TLS there.`;
    return new OperatorError("tls", `${origin} does not speak https`, remedy, { cause });
  }
  if (/CERT|SELF_SIGNED|UNABLE_TO_|ERR_TLS|ERR_SSL/.test(code)) {
    const remedy =
      code === "ERR_TLS_CERT_ALTNAME_INVALID"
        ? "The certificate is for another host: use the address that it names."
        : code === "CERT_HAS_EXPIRED"
          ? "Renew the app's certificate, and check this machine's clock."
          : "If a company's or a test's authority signed it, name its file: export NODE_EXTRA_CA_CERTS=/path/to/ca.pem";
    return new OperatorError("tls", `the certificate of ${origin} is not trusted (${code})`, remedy, { cause });
  }
  return new OperatorError(
    "unreachable",
    `${origin} cannot be reached: ${REASONS[code] ?? code}`,
    `Is the app running there, and is the address right (--url, APP_URL)? ${GOES_ON}`,
    { cause },
  );
}

/** Turns an answer that is not the one asked for into words and a remedy. */
export function explainAnswer({ status, headers, text }: Answer, origin: string): OperatorError {
  const problem = problemOf(text);
  const detail = problem?.detail ?? "";
  const error = (code: string, message: string, remedy: string) =>
    new OperatorError(code, harmless(message), harmless(remedy));
  if (status >= 300 && status < 400) {
    const target = originOf(headers.get("location"), origin);
    return target && target !== origin
      ? error(
          "redirected",
          `${origin} points to ${target}`,
          `The secret is not sent on. If that is the app: --url ${target}`,
        )
      : error("redirected", `${origin} answers with a redirect`, IS_IT_THERE);
  }
  if (status === 401) {
    return problem
      ? error(
          "unauthorized",
          `${origin} does not accept this MIGRATION_SECRET`,
          "Use the value of the app's own environment; after a change the app has to be restarted.",
        )
      : error("unauthorized", `something in front of ${origin} asks for a login`, IS_IT_THERE);
  }
  if (status === 404 && problem?.code === "run_not_found") {
    return error("run_not_found", `${origin} has no such run`, "Without a run's id you get the latest one.");
  }
  if (status === 404 && problem?.code === "shop_not_found") {
    const remedy =
      "Nothing is stored of it. Name it by its myshopify.com domain; `shops --search <beginning>` lists those there are.";
    return error("shop_not_found", `${origin} knows no such shop`, remedy);
  }
  if (status === 404) {
    return problem?.code === "not_found"
      ? error(
          "not_found",
          `${origin} has no operator's routes: the app there runs without MIGRATION_SECRET`,
          "Set MIGRATION_SECRET (32 characters or more) in the app's environment and restart it.",
        )
      : error("not_found", `${origin} answers, but there is nothing of this app`, IS_IT_THERE);
  }
  if (status === 409) return error(problem?.code ?? "conflict", `${origin} is not ready for this`, detail);
  if (status === 422) {
    const fields = (problem?.errors ?? []).map((one) => `${flagOf(one.field)} ${one.message}`);
    return error(
      problem?.code ?? "invalid_request",
      `${origin} cannot do what was asked`,
      fields.length > 0 ? `Correct: ${fields.join("; ")}` : detail,
    );
  }
  if (status === 429) {
    const seconds = headers.get("retry-after");
    return problem?.code === "too_many_attempts"
      ? error(
          "too_many_attempts",
          `${origin} does not accept this MIGRATION_SECRET, and too many wrong ones came from here`,
          `Use the value of the app's own environment: the right one works at once, wrong ones are counted for ${seconds ?? "60"} s more.`,
        )
      : error("too_many_requests", `${origin} asks to call less often`, `Wait ${seconds ?? "60"} s, then try again.`);
  }
  if (status === 503 && problem?.code === "storage_unfit") {
    return error("storage_unfit", `${origin} cannot read its tables, or not store a token in them`, detail);
  }
  if (status === 503 && problem?.code === "database_unreachable") {
    return error("database_unreachable", `${origin} cannot reach its database`, `${detail} The app's log says more.`);
  }
  if (status >= 500 && !problem) {
    return error(
      "proxy_failed",
      `${origin} answered ${status}, and not as this app does`,
      `The app is down or starting, or what stands in front of it cannot reach it: look there and at the app's log. ${GOES_ON}`,
    );
  }
  if (status >= 500) {
    return error("app_failed", `${origin} answered ${status}`, `Look at the app's log. ${GOES_ON}`);
  }
  return error("unexpected", `${origin} answered ${status}`, detail || IS_IT_THERE);
}

/** A success whose body is not what this app says. */
export function explainForeignAnswer(origin: string): OperatorError {
  return new OperatorError("not_the_app", `${origin} answers, but not as this app does`, IS_IT_THERE);
}

interface Problem {
  code?: string;
  detail?: string;
  errors?: { field: string; message: string }[];
}

function problemOf(text: string): Problem | undefined {
  try {
    const value = JSON.parse(text) as Problem | null;
    return typeof value?.code === "string" ? value : undefined;
  } catch {
    return undefined;
  }
}

/** `shops.0` → `--shop`, `failureThreshold` → `--failure-threshold`. */
function flagOf(field: string): string {
  const name = field.split(".")[0]!;
  return name === "shops" ? "--shop" : `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

function originOf(location: string | null, origin: string): string | undefined {
  return location === null ? undefined : URL.parse(location, origin)?.origin;
}

/** The most telling code: fetch wraps what happened, and one failure per address of the host is wrapped once more. */
function codeOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return "unknown";
  if (thrown.name === "TimeoutError") return thrown.name;
  const { code } = thrown as { code?: unknown };
  if (typeof code === "string") return code;
  if (thrown instanceof AggregateError && thrown.errors.length > 0) return codeOf(thrown.errors[0]);
  return thrown.cause === undefined ? thrown.message : codeOf(thrown.cause);
}
