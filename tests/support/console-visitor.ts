import type { TestApp } from "./app-process.ts";

/** A browser without scripts at the operator's console: keeps the cookie, follows no redirect by itself, finds forms in pages. */
export interface ConsoleVisitor {
  /** `Set-Cookie` of the last sign-in, whole. */
  setCookie: string;
  cookie: string;
  get(path: string, headers?: Record<string, string>): Promise<Response>;
  /** The text of a page, which must be there. */
  page(path: string): Promise<string>;
  /** Sends a form with the session's mark, unless told otherwise. */
  post(path: string, fields?: Record<string, string>, headers?: Record<string, string>): Promise<Response>;
}

const HTML = { Accept: "text/html,application/xhtml+xml" };

/** Signs in with a secret of the app's environment. */
export async function signInToConsole(app: Pick<TestApp, "url">, secret: string): Promise<ConsoleVisitor> {
  const response = await submit(app.url, "/admin/login", { secret });
  if (response.status !== 303) throw new Error(`signing in was answered ${response.status}`);
  const setCookie = response.headers.getSetCookie()[0] ?? "";
  const cookie = setCookie.split(";")[0]!;
  const get = (path: string, headers: Record<string, string> = {}) =>
    fetch(app.url + path, { redirect: "manual", headers: { ...HTML, Cookie: cookie, ...headers } });
  const page = async (path: string) => {
    const answer = await get(path);
    if (answer.status !== 200) throw new Error(`${path} was answered ${answer.status}`);
    return answer.text();
  };
  let csrf: string | undefined;
  return {
    setCookie,
    cookie,
    get,
    page,
    async post(path, fields = {}, headers = {}) {
      csrf ??= /name="csrf" value="([^"]+)"/.exec(await page("/admin/runs/new"))?.[1] ?? "none";
      return submit(app.url, path, { csrf, ...fields }, { Cookie: cookie, ...headers });
    },
  };
}

/** Sends a form as a browser does. */
export function submit(
  url: string,
  path: string,
  fields: Record<string, string>,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(url + path, {
    method: "POST",
    redirect: "manual",
    headers: { ...HTML, "Content-Type": "application/x-www-form-urlencoded", ...headers },
    body: new URLSearchParams(fields).toString(),
  });
}
