/** Put in front of the script by the server: where the hosts are for this browser. */
interface BridgeSettings {
  /** Origin of the Admin. */
  admin: string;
  /** Origin under which this browser loads the app. */
  app: string;
  /** Origin that the app itself believes in (`SHOPIFY_APP_URL`). */
  publicApp: string;
  /** Prefix of a shop, with `{shop}` in it. */
  shop: string;
}

declare const BRIDGE_SETTINGS: BridgeSettings;

export interface BridgeConfig {
  apiKey: string;
  host: string;
  shop: string;
  locale: string;
}

interface Reply {
  sandboxBridge: true;
  replyTo?: number;
  value?: unknown;
  error?: string;
  event?: string;
  detail?: unknown;
}

const STORED_CONFIG = "shopify-app-bridge-config";
export const settings = BRIDGE_SETTINGS;
export const embedded = window.top !== window;
export const config = readConfig();

const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
const listeners = new Map<string, Set<(detail: unknown) => void>>();
let lastRequest = 0;

/** Tells the Admin something; there is no answer. */
export function tellAdmin(type: string, detail?: unknown): void {
  if (embedded) window.top?.postMessage({ sandboxBridge: true, type, detail }, settings.admin);
}

/** Asks the Admin and waits for its answer. @throws Error when the Admin refuses, or when there is no Admin around. */
export function askAdmin<T>(type: string, detail?: unknown): Promise<T> {
  if (!embedded) return Promise.reject(new Error("App Bridge: the app is not embedded in the Shopify admin"));
  const id = ++lastRequest;
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve: resolve as (value: unknown) => void, reject });
    window.top?.postMessage({ sandboxBridge: true, type, detail, id }, settings.admin);
  });
}

/** Runs `listener` for each event of that name which the Admin sends to this page. */
export function onAdminEvent<T>(event: string, listener: (detail: T) => void): void {
  const known = listeners.get(event) ?? new Set();
  known.add(listener as (detail: unknown) => void);
  listeners.set(event, known);
}

export function listenToAdmin(): void {
  window.addEventListener("message", (message: MessageEvent<Reply | undefined>) => {
    if (message.origin !== settings.admin || !message.data?.sandboxBridge) return;
    const { replyTo, value, error, event, detail } = message.data;
    if (event) listeners.get(event)?.forEach((listener) => listener(detail));
    const request = replyTo === undefined ? undefined : waiting.get(replyTo);
    if (!request || replyTo === undefined) return;
    waiting.delete(replyTo);
    if (error === undefined) request.resolve(value);
    else request.reject(new Error(error));
  });
}

/** From the script tag (`data-api-key`) or the meta tag, and the query; the query of the first page is remembered. */
function readConfig(): BridgeConfig {
  const query = new URLSearchParams(window.location.search);
  const stored = readStored();
  const current: BridgeConfig = {
    apiKey:
      document.currentScript?.getAttribute("data-api-key") ??
      document.querySelector<HTMLMetaElement>('meta[name="shopify-api-key"]')?.content ??
      stored.apiKey ??
      "",
    host: query.get("host") ?? stored.host ?? "",
    shop: query.get("shop") ?? stored.shop ?? "",
    locale: query.get("locale") ?? stored.locale ?? "en-US",
  };
  try {
    window.sessionStorage.setItem(STORED_CONFIG, JSON.stringify(current));
  } catch {
    // Storage is refused to third-party frames in some browsers: the query alone has to do.
  }
  return current;
}

function readStored(): Partial<BridgeConfig> {
  try {
    return JSON.parse(window.sessionStorage.getItem(STORED_CONFIG) ?? "{}") as Partial<BridgeConfig>;
  } catch {
    return {};
  }
}
