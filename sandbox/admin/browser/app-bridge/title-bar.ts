import { onAdminEvent, tellAdmin } from "./bridge.ts";
import { actionElements, hideContent, mirrorActions, observeContent } from "./mirror.ts";

let shownBar: TitleBarElement | undefined;

function showBar(bar: TitleBarElement): void {
  shownBar = bar;
}

/** `ui-title-bar`: shows nothing in the app; the Admin shows its title and buttons. Inside a modal, the modal shows them. */
export class TitleBarElement extends HTMLElement {
  #observer?: MutationObserver;

  constructor() {
    super();
    hideContent(this);
  }

  connectedCallback(): void {
    if (this.closest("ui-modal")) return;
    queueMicrotask(() => this.mirror());
    this.#observer = observeContent(this, () => this.mirror());
  }

  disconnectedCallback(): void {
    this.#observer?.disconnect();
    if (shownBar === this) {
      shownBar = undefined;
      tellAdmin("title-bar", { title: "", actions: [] });
    }
  }

  mirror(): void {
    if (!this.isConnected) return;
    showBar(this);
    tellAdmin("title-bar", { title: this.getAttribute("title") ?? "", actions: mirrorActions(this) });
  }
}

export function followTitleBar(): void {
  onAdminEvent<{ index: number }>("title-bar-action", ({ index }) => {
    if (shownBar) actionElements(shownBar)[index]?.click();
  });
}
