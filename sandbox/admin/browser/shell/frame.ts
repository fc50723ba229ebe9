import { byId, shell } from "./dialog.ts";

interface Message {
  sandboxBridge: true;
  type: string;
  id?: number;
  detail?: unknown;
}

type Handler = (detail: never, reply: (value: unknown) => void) => unknown;

export const frame = byId<HTMLIFrameElement>("app-frame");
const handlers = new Map<string, Handler>();

/** Answers what the app's App Bridge says or asks; a rejected promise reaches the app as an error. */
export function onAppMessage<T>(type: string, handler: (detail: T) => unknown): void {
  handlers.set(type, handler as Handler);
}

/** Sends an event to App Bridge in the frame. */
export function tellApp(event: string, detail?: unknown): void {
  frame.contentWindow?.postMessage({ sandboxBridge: true, event, detail }, shell.appOrigin);
}

export function listenToApp(): void {
  window.addEventListener("message", (message: MessageEvent<Message | undefined>) => {
    const { data, source, origin } = message;
    if (origin !== shell.appOrigin || !data?.sandboxBridge || !source) return;
    const answer = (reply: object) => {
      if (data.id === undefined) return;
      (source as Window).postMessage({ sandboxBridge: true, replyTo: data.id, ...reply }, origin);
    };
    const handler = handlers.get(data.type);
    if (!handler) return answer({ error: `The Admin does not know "${data.type}"` });
    Promise.resolve()
      .then(() => handler(data.detail as never, () => {}))
      .then(
        (value: unknown) => answer({ value }),
        (error: unknown) => answer({ error: error instanceof Error ? error.message : String(error) }),
      );
  });
}

/** JSON from the Admin's own server. @throws Error with the server's words when it refuses. */
export async function askServer<T>(path: string, body?: object): Promise<T> {
  const response = await fetch(`${shell.storePath}/-/${path}`, {
    method: body ? "POST" : "GET",
    headers: body ? { "Content-Type": "application/json" } : {},
    body: body ? JSON.stringify(body) : undefined,
  });
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  return (await response.json()) as T;
}

/** The address under which this browser finds what the app calls `href`: only differs on the plain-localhost front. */
export function visited(href: string): string {
  const shop = /^https:\/\/([a-z0-9-]+\.myshopify\.com)(?=\/|$)/i.exec(href);
  if (shop?.[1]) return shell.shopPrefix.replace("{shop}", shop[1]) + href.slice(shop[0].length);
  if (href.startsWith("shopify://admin"))
    return shell.adminOrigin + shell.storePath + href.slice("shopify://admin".length);
  for (const [from, to] of [
    ["https://admin.shopify.com", shell.adminOrigin],
    [shell.publicAppOrigin, shell.appOrigin],
  ] as const) {
    if (href === from || href.startsWith(`${from}/`)) return to + href.slice(from.length);
  }
  return href;
}
