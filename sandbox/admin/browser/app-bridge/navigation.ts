import { config, embedded, onAdminEvent, settings, tellAdmin } from "./bridge.ts";

const plainOpen = window.open.bind(window);
/** The query that the Admin adds when it opens the app; never part of the address that the merchant sees. */
const LAUNCH_PARAMETERS = ["hmac", "host", "id_token", "locale", "session", "shop", "timestamp", "embedded"];

/**
 * `window.open` as App Bridge patches it: a frame may not navigate the window around it by itself, so targets outside
 * the frame go through the Admin. `shopify://admin/…` is a page of this store's Admin.
 */
export function openFromApp(url?: string | URL, target?: string, features?: string): Window | null {
  const href = absolute(url === undefined ? "" : String(url));
  if (embedded && (target === "_top" || target === "_parent" || href.startsWith("shopify:"))) {
    tellAdmin("open", { url: href, newTab: target === "_blank" });
    return target === "_blank" ? null : window;
  }
  return plainOpen(toVisited(href), target, features);
}

/** Links that leave the frame take the same way as `open`. */
export function interceptLinks(): void {
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest<HTMLAnchorElement>("a[href]") : null;
    if (!link || event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey) return;
    const href = link.getAttribute("href") ?? "";
    if (link.target !== "_top" && link.target !== "_parent" && !href.startsWith("shopify:")) return;
    event.preventDefault();
    openFromApp(link.href, link.target || "_top");
  });
}

/** Keeps the Admin's address and its mark in the navigation in step with the page in the frame. */
export function reportLocation(): void {
  const report = () => {
    const url = new URL(window.location.href);
    if (url.searchParams.has("shopify-reload") || url.searchParams.has("exitIframe")) return;
    LAUNCH_PARAMETERS.forEach((name) => url.searchParams.delete(name));
    tellAdmin("location", { path: url.pathname + url.search + url.hash });
  };
  for (const name of ["pushState", "replaceState"] as const) {
    const plain = window.history[name].bind(window.history);
    window.history[name] = (...given) => {
      plain(...given);
      report();
    };
  }
  window.addEventListener("popstate", report);
  window.addEventListener("hashchange", report);
  report();
}

/** The page which the library sends documents to that came without an ID token: fetch one, then load what was asked. */
export function leaveBouncePage(idToken: () => Promise<string>): void {
  const reload = new URLSearchParams(window.location.search).get("shopify-reload");
  if (!reload || !embedded) return;
  const url = new URL(toVisited(new URL(reload, settings.publicApp).href));
  if (url.origin !== window.location.origin) return;
  void idToken().then((token) => {
    url.searchParams.set("id_token", token);
    window.location.replace(url);
  });
}

/** An embedded app that was opened outside the Admin goes there by itself. */
export function enterAdmin(): void {
  const query = new URLSearchParams(window.location.search);
  if (embedded || !config.host || !config.apiKey || query.has("exitIframe") || !query.has("host")) return;
  let admin: string;
  try {
    admin = window.atob(config.host);
  } catch {
    return;
  }
  const store = /^admin\.shopify\.com(\/store\/[a-z0-9-]+)$/i.exec(admin)?.[1];
  if (store) window.location.replace(`${settings.admin}${store}/apps/${config.apiKey}${window.location.pathname}`);
}

/** Runs `navigate` when a merchant clicks an item of the navigation that the Admin shows for the app. */
export function onNavigationClick(navigate: (index: number) => void): void {
  onAdminEvent<{ index: number }>("navigate", ({ index }) => navigate(index));
}

/** The address under which this browser finds what the app calls `href`. */
function toVisited(href: string): string {
  if (href.startsWith(`${settings.publicApp}/`) || href === settings.publicApp) {
    return settings.app + href.slice(settings.publicApp.length);
  }
  return href;
}

function absolute(href: string): string {
  if (href.startsWith("shopify:")) return href;
  return new URL(href, window.location.href).href;
}
