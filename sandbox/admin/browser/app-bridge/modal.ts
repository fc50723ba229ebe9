import { onAdminEvent, tellAdmin } from "./bridge.ts";
import { actionElements, mirrorActions, observeContent } from "./mirror.ts";

const MODAL_STYLE = `
  :host { display: contents }
  dialog { border: 0; padding: 0; border-radius: 16px; width: min(620px, calc(100vw - 32px)); max-height: calc(100vh - 48px);
    color: #303030; background: #fff; box-shadow: 0 20px 60px rgb(0 0 0 / 35%); font: 13px/20px Inter, system-ui, sans-serif }
  dialog[open] { display: flex; flex-direction: column }
  dialog.small { width: min(380px, calc(100vw - 32px)) }
  dialog.large { width: min(980px, calc(100vw - 32px)) }
  dialog.max { width: 100vw; max-width: 100vw; height: 100vh; max-height: 100vh; border-radius: 0 }
  dialog::backdrop { background: rgb(0 0 0 / 50%) }
  header { display: flex; align-items: center; gap: 12px; padding: 12px 16px; background: #f3f3f3; border-bottom: 1px solid #e3e3e3 }
  h2 { flex: 1; margin: 0; font-size: 14px; font-weight: 650 }
  footer { display: flex; justify-content: flex-end; gap: 8px; padding: 12px 16px; border-top: 1px solid #e3e3e3 }
  footer:empty { display: none }
  .body { overflow: auto; flex: 1 }
  button { font: inherit; font-weight: 550; padding: 4px 12px; border-radius: 8px; border: 0; cursor: pointer; background: #fff;
    color: #303030; box-shadow: inset 0 0 0 1px #c9c9c9 }
  button.primary { background: #303030; color: #fff; box-shadow: none }
  button.critical { background: #c70a24; color: #fff; box-shadow: none }
  button.close { box-shadow: none; background: none; font-size: 18px; padding: 0 6px }
  button:disabled { opacity: .5; cursor: default }
  button:focus-visible { outline: 2px solid #005bd3; outline-offset: 1px }
  iframe { border: 0; width: 100%; height: 60vh; display: block }`;

const openModals: ModalElement[] = [];

/**
 * `ui-modal`: a dialog over the app; the Admin dims what is around the frame. Its content is the element's children, or
 * what the app renders into `content` (app-bridge-react does), or the page of `src`; its `ui-title-bar` gives title and buttons.
 */
export class ModalElement extends HTMLElement {
  #dialog: HTMLDialogElement;
  #content?: HTMLElement;
  #observer?: MutationObserver;

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    root.innerHTML = `<style>${MODAL_STYLE}</style><dialog aria-labelledby="title"><header><h2 id="title"></h2>
      <button type="button" class="close" aria-label="Close">×</button></header><div class="body"><slot></slot></div><footer></footer></dialog>`;
    this.#dialog = root.querySelector("dialog") as HTMLDialogElement;
    root.querySelector(".close")?.addEventListener("click", () => void this.hide());
    this.#dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      void this.hide();
    });
  }

  /** Where the app renders; made when first asked for, which is after the page has hydrated. */
  get content(): HTMLElement {
    this.#content ??= this.appendChild(document.createElement("div"));
    return this.#content;
  }

  get variant(): string {
    return this.getAttribute("variant") ?? "base";
  }

  set variant(value: string) {
    this.setAttribute("variant", value);
  }

  get src(): string | null {
    return this.getAttribute("src");
  }

  set src(value: string | null) {
    if (value === null) this.removeAttribute("src");
    else this.setAttribute("src", value);
  }

  get contentWindow(): Window | null {
    return this.#dialog.querySelector("iframe")?.contentWindow ?? null;
  }

  disconnectedCallback(): void {
    void this.hide();
  }

  async show(): Promise<void> {
    if (this.#dialog.open || !this.isConnected) return;
    this.#dialog.className = this.variant;
    if (this.src) {
      const frame = document.createElement("iframe");
      frame.src = this.src;
      frame.title = "Dialog";
      this.#dialog.querySelector(".body")?.replaceChildren(frame);
    }
    this.#mirrorTitleBar();
    this.#observer = observeContent(this, () => this.#mirrorTitleBar());
    this.#dialog.showModal();
    openModals.push(this);
    tellAdmin("modal", { open: true });
    this.dispatchEvent(new Event("show"));
  }

  async hide(): Promise<void> {
    if (!this.#dialog.open) return;
    this.#observer?.disconnect();
    this.#dialog.close();
    openModals.splice(openModals.indexOf(this), 1);
    tellAdmin("modal", { open: openModals.length > 0 });
    this.dispatchEvent(new Event("hide"));
  }

  toggle(): Promise<void> {
    return this.#dialog.open ? this.hide() : this.show();
  }

  #mirrorTitleBar(): void {
    const bar = this.querySelector("ui-title-bar");
    const heading = this.#dialog.querySelector("h2");
    if (heading) heading.textContent = bar?.getAttribute("title") ?? "";
    const actions = bar ? mirrorActions(bar) : [];
    const buttons = actions.map((action) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = action.label;
      button.disabled = action.disabled || action.loading;
      button.className = action.critical ? "critical" : action.primary ? "primary" : "";
      button.addEventListener("click", () => bar && actionElements(bar)[action.index]?.click());
      return button;
    });
    // The primary action stands last, at the edge, whatever its place in the markup.
    buttons.sort((a, b) => Number(a.className !== "") - Number(b.className !== ""));
    this.#dialog.querySelector("footer")?.replaceChildren(...buttons);
  }
}

/** A click on the dimmed Admin closes the dialog on top. */
export function followModal(): void {
  onAdminEvent("modal-dismiss", () => void openModals.at(-1)?.hide());
}
