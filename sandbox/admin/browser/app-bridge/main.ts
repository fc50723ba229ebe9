import { askAdmin, config, embedded, listenToAdmin, onAdminEvent, settings, tellAdmin } from "./bridge.ts";
import { authenticatedFetch, idToken } from "./fetch.ts";
import { followModal, ModalElement } from "./modal.ts";
import { followNavigation, NavMenuElement } from "./nav-menu.ts";
import { enterAdmin, interceptLinks, leaveBouncePage, openFromApp, reportLocation } from "./navigation.ts";
import { followForms, followSaveBar, leaveConfirmation, SaveBarElement } from "./save-bar.ts";
import { followTitleBar, TitleBarElement } from "./title-bar.ts";

interface ToastOptions {
  duration?: number;
  isError?: boolean;
  action?: string;
  onAction?: () => void;
  onDismiss?: () => void;
}

interface Showable extends HTMLElement {
  show(): Promise<void>;
  hide(): Promise<void>;
  toggle(): Promise<void>;
}

const toasts = new Map<string, ToastOptions>();

function showToast(message: string, options: ToastOptions = {}): string {
  const id = `toast-${crypto.randomUUID()}`;
  toasts.set(id, options);
  const { duration, isError, action } = options;
  tellAdmin("toast", { id, message: String(message), duration: duration ?? 5000, isError: Boolean(isError), action });
  return id;
}

function byId(id: string): Showable {
  const element = document.getElementById(id);
  if (!element) throw new Error(`App Bridge: no element with the id "${id}"`);
  return element as Showable;
}

/** Parts of App Bridge that this stand-in does not play say so when they are used. */
function notSimulated(name: string): () => Promise<never> {
  return () => Promise.reject(new Error(`App Bridge stand-in: shopify.${name} is not simulated`));
}

function createShopify() {
  const showables = {
    show: async (id: string) => byId(id).show(),
    hide: async (id: string) => byId(id).hide(),
    toggle: async (id: string) => byId(id).toggle(),
  };
  return {
    config: { ...config, appOrigins: [], disabledFeatures: [] },
    origin: settings.admin,
    ready: Promise.resolve(),
    setSignals: () => {},
    environment: { mobile: false, embedded, pos: false, intent: false },
    loading: (on?: boolean) => tellAdmin("loading", { on: on !== false }),
    idToken,
    user: async () => ({ accountAccess: "Full access" }),
    toast: { show: showToast, hide: (id: string) => tellAdmin("toast-hide", { id }) },
    modal: showables,
    saveBar: { ...showables, leaveConfirmation },
    resourcePicker: async (options: object) => {
      const selected = await askAdmin<object[] | undefined>("resource-picker", structuredClone(options));
      return selected && Object.assign(selected, { selection: selected });
    },
    picker: notSimulated("picker"),
    scopes: {
      query: () => askAdmin("scopes-query"),
      request: (scopes: string[]) => askAdmin("scopes-request", { scopes }),
      revoke: (scopes: string[]) => askAdmin("scopes-revoke", { scopes }),
    },
    app: { extensions: async () => [] },
    shopifyQL: { available: async () => false },
    reviews: { request: async () => ({ success: false, code: "merchant-ineligible", message: "Not simulated" }) },
    scanner: { capture: notSimulated("scanner.capture") },
    pos: {},
    intents: {
      request: { value: null, subscribe: () => () => {} },
      register: () => () => {},
      invoke: notSimulated("intents.invoke"),
    },
    webVitals: { onReport: async () => {} },
    support: { registerHandler: async () => {} },
    tools: { register: () => () => {}, unregister: () => {}, clear: () => {} },
  };
}

/** All of this happens while the parser waits for the script, so the page finds a complete App Bridge before it hydrates. */
function start(): void {
  if ((window as { shopify?: unknown }).shopify) return;
  listenToAdmin();
  Object.assign(window, { shopify: createShopify(), fetch: authenticatedFetch, open: openFromApp });
  customElements.define("ui-nav-menu", NavMenuElement);
  customElements.define("s-app-nav", class extends NavMenuElement {});
  customElements.define("ui-title-bar", TitleBarElement);
  customElements.define("ui-save-bar", SaveBarElement);
  customElements.define("ui-modal", ModalElement);
  followNavigation();
  followTitleBar();
  followSaveBar();
  followForms();
  followModal();
  interceptLinks();
  onAdminEvent<{ id: string; what: "action" | "dismiss" }>("toast-used", ({ id, what }) => {
    if (what === "action") toasts.get(id)?.onAction?.();
    else toasts.get(id)?.onDismiss?.();
  });
  tellAdmin("hello", { apiKey: config.apiKey });
  window.addEventListener("DOMContentLoaded", () => tellAdmin("ready"));
  enterAdmin();
  leaveBouncePage(idToken);
  reportLocation();
}

start();
