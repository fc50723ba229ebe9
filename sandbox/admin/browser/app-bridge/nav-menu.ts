import { tellAdmin } from "./bridge.ts";
import { hideContent, observeContent } from "./mirror.ts";
import { onNavigationClick } from "./navigation.ts";

let shownMenu: NavMenuElement | undefined;
let navigateIsHandled = false;

function showMenu(menu: NavMenuElement): void {
  shownMenu = menu;
}

/** `ui-nav-menu` and `s-app-nav`: shows nothing in the app, the Admin shows its links. */
export class NavMenuElement extends HTMLElement {
  #observer?: MutationObserver;

  constructor() {
    super();
    hideContent(this);
  }

  connectedCallback(): void {
    // React adds the element before its children are complete, so the menu is read once the current work is done.
    queueMicrotask(() => this.mirror());
    this.#observer = observeContent(this, () => this.mirror());
  }

  disconnectedCallback(): void {
    this.#observer?.disconnect();
    if (shownMenu === this) {
      shownMenu = undefined;
      tellAdmin("nav-menu", { items: [] });
    }
  }

  links(): HTMLAnchorElement[] {
    return [...this.querySelectorAll<HTMLAnchorElement>("a[href]")];
  }

  mirror(): void {
    if (!this.isConnected) return;
    showMenu(this);
    tellAdmin("nav-menu", {
      items: this.links().map((link, index) => ({
        index,
        label: (link.textContent ?? "").trim(),
        path: new URL(link.getAttribute("href") ?? "", window.location.href).pathname,
        home: link.getAttribute("rel") === "home",
      })),
    });
  }
}

/**
 * A click in the Admin becomes a bubbling `shopify:navigate` on the app's link, whose listener navigates by itself (the
 * AppProvider of shopify-app-remix does); an app without such a listener is opened anew at the link, with a signed query.
 */
export function followNavigation(): void {
  for (const target of [window, document] as const) {
    const plain = target.addEventListener.bind(target);
    target.addEventListener = (type: string, ...rest: unknown[]) => {
      if (type === "shopify:navigate") navigateIsHandled = true;
      (plain as (type: string, ...rest: unknown[]) => void)(type, ...rest);
    };
  }
  onNavigationClick((index) => {
    const link = shownMenu?.links()[index];
    if (!link) return;
    const unhandled = link.dispatchEvent(new CustomEvent("shopify:navigate", { bubbles: true, cancelable: true }));
    if (unhandled && !navigateIsHandled) tellAdmin("launch", { path: link.getAttribute("href") });
  });
}
