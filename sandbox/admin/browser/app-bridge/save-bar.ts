import { askAdmin, onAdminEvent, tellAdmin } from "./bridge.ts";
import { actionElements, hideContent, mirrorActions, observeContent } from "./mirror.ts";

interface SaveBarSource {
  save(): void;
  discard(): void;
}

let shownSource: SaveBarSource | undefined;

function showSaveBar(source: SaveBarSource, detail: object): void {
  shownSource = source;
  tellAdmin("save-bar", { ...detail, showing: true });
}

function hideSaveBar(source: SaveBarSource): void {
  if (shownSource !== source) return;
  shownSource = undefined;
  tellAdmin("save-bar", { showing: false });
}

/** `ui-save-bar`: the Admin shows "Unsaved changes" with the element's two buttons. */
export class SaveBarElement extends HTMLElement implements SaveBarSource {
  #observer?: MutationObserver;
  #showing = false;

  constructor() {
    super();
    hideContent(this);
  }

  get showing(): boolean {
    return this.#showing;
  }

  get discardConfirmation(): boolean {
    return this.hasAttribute("discardConfirmation");
  }

  set discardConfirmation(value: boolean) {
    this.toggleAttribute("discardConfirmation", value);
  }

  connectedCallback(): void {
    this.#observer = observeContent(this, () => this.#mirror());
  }

  disconnectedCallback(): void {
    this.#observer?.disconnect();
    void this.hide();
  }

  save(): void {
    const actions = actionElements(this);
    (actions.find((action) => action.getAttribute("variant") === "primary") ?? actions[0])?.click();
  }

  discard(): void {
    actionElements(this)
      .find((action) => action.getAttribute("variant") !== "primary")
      ?.click();
  }

  async show(): Promise<void> {
    if (this.#showing) return;
    this.#showing = true;
    this.#mirror();
    this.dispatchEvent(new Event("show"));
  }

  async hide(): Promise<void> {
    if (!this.#showing) return;
    this.#showing = false;
    hideSaveBar(this);
    this.dispatchEvent(new Event("hide"));
  }

  toggle(): Promise<void> {
    return this.#showing ? this.hide() : this.show();
  }

  #mirror(): void {
    if (!this.#showing) return;
    showSaveBar(this, { actions: mirrorActions(this), discardConfirmation: this.discardConfirmation });
  }
}

/** `<form data-save-bar>`: the save bar appears with the first change, saves by submitting and discards by resetting. */
export function followForms(): void {
  const sources = new WeakMap<HTMLFormElement, SaveBarSource>();
  const sourceOf = (form: HTMLFormElement) => {
    const source = sources.get(form) ?? { save: () => form.requestSubmit(), discard: () => form.reset() };
    sources.set(form, source);
    return source;
  };
  const formOf = (event: Event) =>
    event.target instanceof Element ? event.target.closest<HTMLFormElement>("form[data-save-bar]") : null;
  const changed = (event: Event) => {
    const form = formOf(event);
    if (!form) return;
    showSaveBar(sourceOf(form), { actions: [], discardConfirmation: form.hasAttribute("data-discard-confirmation") });
  };
  const savedOrDiscarded = (event: Event) => {
    const form = formOf(event);
    if (form) hideSaveBar(sourceOf(form));
  };
  document.addEventListener("input", changed);
  document.addEventListener("change", changed);
  document.addEventListener("submit", savedOrDiscarded);
  document.addEventListener("reset", savedOrDiscarded);
}

export function followSaveBar(): void {
  onAdminEvent("save-bar-save", () => shownSource?.save());
  onAdminEvent("save-bar-discard", () => shownSource?.discard());
}

/** Resolves at once without unsaved changes, else when the merchant agreed to leave. */
export async function leaveConfirmation(): Promise<void> {
  if (shownSource) await askAdmin("leave-confirmation");
}
