import type { MirroredAction as Action } from "../app-bridge/mirror.ts";
import { byId, make, shell } from "./dialog.ts";
import { askServer, frame, onAppMessage, tellApp, visited } from "./frame.ts";
import { confirmLeaving } from "./save-bar.ts";

interface NavItem {
  index: number;
  label: string;
  path: string;
  home: boolean;
}

let currentPath = "";

export function setLoading(on: boolean): void {
  byId("progress").hidden = !on;
  byId("app-region").setAttribute("aria-busy", String(on));
}

/** Navigation, title bar, address and loading bar follow what the app says. */
export function followChrome(): void {
  onAppMessage<{ items: NavItem[] }>("nav-menu", ({ items }) => showNavigation(items));
  onAppMessage<{ title: string; actions: Action[] }>("title-bar", ({ title, actions }) => showTitleBar(title, actions));
  onAppMessage<{ on: boolean }>("loading", ({ on }) => setLoading(on));
  onAppMessage<{ open: boolean }>("modal", ({ open }) => {
    byId("dim").hidden = !open;
    document.body.classList.toggle("dimmed", open);
  });
  byId("dim").addEventListener("click", () => tellApp("modal-dismiss"));
  onAppMessage<{ path: string }>("location", ({ path }) => {
    currentPath = path;
    const shown = path === shell.homePath ? shell.appPath : shell.appPath + (path.startsWith("/") ? path : `/${path}`);
    history.replaceState(null, "", shown);
    markCurrent();
  });
  onAppMessage<{ path: string }>("launch", async ({ path }) => {
    setLoading(true);
    const { frameUrl } = await askServer<{ frameUrl: string }>(`launch?path=${encodeURIComponent(path)}`);
    frame.src = frameUrl;
  });
  onAppMessage<{ url: string; newTab: boolean }>("open", ({ url, newTab }) => {
    if (newTab) window.open(visited(url), "_blank", "noopener");
    else window.location.assign(visited(url));
  });
}

function showNavigation(items: NavItem[]): void {
  const links = items
    .filter((item) => !item.home)
    .map((item) => {
      const link = make("a", { href: shell.appPath + item.path, textContent: item.label });
      link.dataset.path = item.path;
      link.addEventListener("click", (event) => {
        if (event.metaKey || event.ctrlKey || event.shiftKey) return;
        event.preventDefault();
        void confirmLeaving().then((leave) => leave && tellApp("navigate", { index: item.index }));
      });
      return make("li", {}, link);
    });
  byId("app-nav").replaceChildren(...links);
  const home = items.find((item) => item.home);
  byId("app-home").onclick = (event) => {
    if (!home || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    void confirmLeaving().then((leave) => leave && tellApp("navigate", { index: home.index }));
  };
  markCurrent();
}

function markCurrent(): void {
  const path = currentPath.split(/[?#]/)[0] ?? "";
  const links = [...byId("app-nav").querySelectorAll<HTMLAnchorElement>("a")];
  const current = links.find((link) => link.dataset.path === path);
  for (const link of links) {
    if (link === current) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  if (current) byId("app-home").removeAttribute("aria-current");
  else byId("app-home").setAttribute("aria-current", "page");
}

function showTitleBar(title: string, actions: Action[]): void {
  byId("page-title").textContent = title;
  byId("title-separator").hidden = title === "";
  document.title = [title, shell.appName, shell.labels["store"]].filter(Boolean).join(" · ");
  const buttons = actions
    .toSorted((a, b) => Number(a.primary) - Number(b.primary))
    .map((action) => {
      const button = make("button", {
        type: "button",
        textContent: action.group ? `${action.group}: ${action.label}` : action.label,
        disabled: action.disabled || action.loading,
        className: `button ${action.primary ? "primary" : ""} ${action.critical ? "critical" : ""}`,
      });
      if (action.loading) button.setAttribute("aria-busy", "true");
      button.addEventListener("click", () => tellApp("title-bar-action", { index: action.index }));
      return button;
    });
  byId("page-actions").replaceChildren(...buttons);
}
