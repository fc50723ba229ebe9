import type { LoaderFunctionArgs } from "@remix-run/node";
import { systemClock } from "../../../infra/clock.ts";
import { services } from "../../../services.server.ts";
import { isOperatorSecret } from "../../access/is-operator-secret.server.ts";
import { SignInPage } from "../../pages/sign-in-page.tsx";
import { consoleSecrets, isSecure, messageResponse, noConsole } from "./console-route.server.tsx";
import { IDLE_MS, issueSession, type Role } from "./console-session.ts";
import { readForm } from "./read-form.ts";
import { htmlResponse, seeOther } from "./respond.server.ts";
import { sessionCookie, sessionOfCookie } from "./session-cookie.ts";

const CONSOLE_ADDRESS = /^\/admin(?:\/[\w.-]+){0,4}(?:\?[\w.~%&=+-]{0,1000})?$/;

/** `GET /admin/login`: the form, and nothing else of the app. */
export async function showSignIn({ request }: LoaderFunctionArgs): Promise<Response> {
  const secrets = consoleSecrets();
  if (!secrets) return noConsole();
  const next = consoleAddress(new URL(request.url).searchParams.get("next"));
  const isSignedIn = sessionOfCookie(secrets, request.headers.get("Cookie"), systemClock());
  return isSignedIn ? seeOther(next) : htmlResponse(<SignInPage next={next} />);
}

/** `POST /admin/login`. Wrong secrets are counted with those of the other operator's routes; the right one always opens. */
export async function signIn({ request, context }: LoaderFunctionArgs): Promise<Response> {
  const secrets = consoleSecrets();
  if (!secrets) return noConsole();
  if (request.method !== "POST") {
    return messageResponse(405, "This page cannot do that", "Open it and use its form.", {
      headers: { Allow: "GET, HEAD, POST" },
    });
  }
  const form = await readForm(request);
  if (!form) return messageResponse(415, "This is not a form", "Open /admin/login in a browser and sign in there.");
  const next = consoleAddress(form.get("next"));
  const given = `Bearer ${(form.get("secret") ?? "").trim()}`;
  for (const role of ["operator", "monitor"] as const) {
    const [secret] = secrets[role].filter((one) => isOperatorSecret(given, one));
    if (secret !== undefined) return opened(secret, role, next);
  }

  const { failedAttempts, log } = services;
  const seconds = await failedAttempts.record(context.clientAddress);
  log.warn(
    { address: context.clientAddress, path: "/admin/login", tooMany: seconds !== undefined },
    "wrong operator secret",
  );
  const refused =
    seconds === undefined ? { status: 401 } : { status: 429, headers: { "Retry-After": String(seconds) } };
  return htmlResponse(
    <SignInPage next={next} problem={seconds === undefined ? "wrong" : "too_many"} seconds={seconds} />,
    refused,
  );
}

/** `POST /admin/logout`: ends the session in this browser. Harmless without one, so it asks for nothing. */
export async function signOut({ request }: LoaderFunctionArgs): Promise<Response> {
  if (request.method !== "POST") return seeOther("/admin");
  return seeOther("/admin/login", { "Set-Cookie": sessionCookie("", { secure: isSecure(), seconds: 0 }) });
}

function opened(secret: string, role: Role, next: string): Response {
  services.log.info({ role }, "signed in to the operator's console");
  const value = issueSession(secret, role, systemClock());
  return seeOther(next, { "Set-Cookie": sessionCookie(value, { secure: isSecure(), seconds: IDLE_MS / 1000 }) });
}

/** Where to go after signing in: an address of the console, whatever was asked for. */
function consoleAddress(wanted: string | null | undefined): string {
  const isOurs = wanted && CONSOLE_ADDRESS.test(wanted) && !wanted.startsWith("/admin/login") && !wanted.includes("..");
  return isOurs ? wanted : "/admin";
}
