import type { LoaderFunctionArgs } from "@remix-run/node";
import { systemClock } from "../../../infra/clock.ts";
import { isDatabaseFailure, isDatabaseOutage, isDatabaseUnable } from "../../../infra/database/is-database-outage.ts";
import { services } from "../../../services.server.ts";
import { operatorSecrets } from "../../access/is-operator-secret.server.ts";
import { allowedMethods } from "../../access/operator-route.server.ts";
import { problemResponse } from "../../access/problem.ts";
import { findUnfitness } from "../../health/find-unfitness.server.ts";
import { MessagePage } from "../../pages/message-page.tsx";
import { isDueForRenewal, IDLE_MS, isSame, type ConsoleSession, type RoleSecrets } from "./console-session.ts";
import { readForm } from "./read-form.ts";
import { htmlResponse, seeOther } from "./respond.server.ts";
import { sessionCookie, sessionOfCookie } from "./session-cookie.ts";

/** What a page of the console is told of the request that it answers. */
export interface ConsoleRequest {
  request: Request;
  url: URL;
  params: Record<string, string | undefined>;
  visitor: ConsoleSession;
  /** Aborted when the browser has gone. */
  gone: AbortSignal;
}

/** A form that was submitted by an operator, from one of the console's own pages. */
export interface ConsoleSubmission extends ConsoleRequest {
  form: URLSearchParams;
}

export interface ConsoleHandlers {
  GET?(asked: ConsoleRequest): Promise<Response>;
  /** Operators alone get here. */
  POST?(submitted: ConsoleSubmission): Promise<Response>;
}

/** The secrets that open the console, of the environment; undefined when there are none. */
export function consoleSecrets(): RoleSecrets | undefined {
  const { env } = services;
  const secrets = { operator: operatorSecrets(env), monitor: env.MONITOR_SECRET ? [env.MONITOR_SECRET] : [] };
  return secrets.operator.length + secrets.monitor.length > 0 ? secrets : undefined;
}

/** Whether the app is reached by https: then the cookie is never sent without. */
export function isSecure(): boolean {
  return services.env.SHOPIFY_APP_URL.startsWith("https:");
}

/**
 * The loader and action of one of the console's addresses: the session first, then the method, the role, the form's mark, the handler.
 * What goes wrong is answered with a page that says what to do.
 */
export function consoleRoute(handlers: ConsoleHandlers) {
  const handle = async (args: LoaderFunctionArgs): Promise<Response> => {
    try {
      return await answer(handlers, args);
    } catch (error) {
      return await failurePage(error, args);
    }
  };
  return { loader: handle, action: handle };
}

async function answer(handlers: ConsoleHandlers, { request, params, context }: LoaderFunctionArgs): Promise<Response> {
  const url = new URL(request.url);
  const now = systemClock();
  const secrets = consoleSecrets();
  if (!secrets) return noConsole();
  const visitor = sessionOfCookie(secrets, request.headers.get("Cookie"), now);
  if (!visitor) return signInFirst(request, url);
  const asked = { request, url, params, visitor, gone: context.gone };
  const isLook = request.method === "GET" || request.method === "HEAD";
  if (isLook && handlers.GET) return renewed(await handlers.GET(asked), visitor, now);
  if (request.method !== "POST" || !handlers.POST) return wrongMethod(handlers);
  if (visitor.role !== "operator") return lookOnly();
  const form = await readForm(request);
  if (!form) return messageResponse(415, "This is not a form", "The console takes the forms of its own pages.");
  if (!isSame(form.get("csrf") ?? "", visitor.csrf)) return staleForm(url);
  return renewed(await handlers.POST({ ...asked, form }), visitor, now);
}

/** A session in use goes on; the cookie of a long one is replaced. */
function renewed(response: Response, visitor: ConsoleSession, now: number): Response {
  if (isDueForRenewal(visitor, now) && !response.headers.has("Set-Cookie")) {
    const options = { secure: isSecure(), seconds: IDLE_MS / 1000 };
    response.headers.append("Set-Cookie", sessionCookie(visitor.renew(now), options));
  }
  return response;
}

function signInFirst(request: Request, url: URL): Response {
  if (!/text\/html/i.test(request.headers.get("Accept") ?? "")) {
    return problemResponse({
      status: 401,
      code: "not_signed_in",
      detail:
        "This is a page for browsers: sign in at /admin/login. Programs use /admin/token-health and its neighbours.",
    });
  }
  const next = request.method === "GET" && url.pathname !== "/admin" ? url.pathname + url.search : "";
  return seeOther(next ? `/admin/login?next=${encodeURIComponent(next)}` : "/admin/login");
}

async function failurePage(error: unknown, { request, context }: LoaderFunctionArgs): Promise<Response> {
  const { log } = services;
  const { pathname } = new URL(request.url);
  if (isDatabaseOutage(error)) return awayPage(error, pathname);
  log.error({ err: error, requestId: context.requestId, path: pathname }, "a console page failed");
  const unfitness = isDatabaseFailure(error)
    ? await findUnfitness({ recent: false }).catch(() => undefined)
    : undefined;
  if (unfitness) {
    const text = `The database would not keep a new token, or cannot be read: ${unfitness.words}`;
    return messageResponse(503, "The database is not as it must be", text, { headers: { "Retry-After": "5" } });
  }
  // Refuses the app's login, or has no room for it.
  if (isDatabaseUnable(error)) return awayPage(error, pathname);
  const text = `The app's log says what it was, under the reference ${context.requestId}.`;
  return messageResponse(500, "Something went wrong", text);
}

function awayPage(error: unknown, pathname: string): Response {
  services.log.error({ err: error }, "the database cannot be reached");
  const text = "The app cannot reach its database. A run goes on by itself once it is back.";
  const link = { href: pathname, label: "Look again" };
  return messageResponse(503, "The database does not answer", text, { headers: { "Retry-After": "5" }, link });
}

/** One of the console's plain pages: what is wrong, and a way on. @param options.link default: to the first page of the console. */
export function messageResponse(
  status: number,
  title: string,
  text: string,
  { headers, link }: { headers?: Record<string, string>; link?: { href: string; label: string } } = {},
): Response {
  return htmlResponse(<MessagePage title={title} text={text} link={link} />, { status, headers });
}

/** Neither secret is set. */
export function noConsole(): Response {
  return messageResponse(
    404,
    "There is no console here",
    "It exists when MIGRATION_SECRET is set in the app's environment.",
  );
}

function lookOnly(): Response {
  return messageResponse(
    403,
    "You may look, not touch",
    "You are signed in with MONITOR_SECRET. Sign in with MIGRATION_SECRET to change something.",
  );
}

/** Another tab signed in anew, or the form came from elsewhere. Nothing was done. */
function staleForm(url: URL): Response {
  const text = "The form is of an earlier session, so nothing was done. Open the page again and repeat it.";
  return messageResponse(403, "Please repeat that", text, { link: { href: url.pathname, label: "Open it again" } });
}

function wrongMethod(handlers: ConsoleHandlers): Response {
  return messageResponse(405, "This page cannot do that", "Open it with a link or a form of the console.", {
    headers: { Allow: allowedMethods(handlers) },
  });
}
