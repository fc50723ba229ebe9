/** A button of the app that the Admin shows in its own chrome. */
export interface MirroredAction {
  index: number;
  label: string;
  primary: boolean;
  critical: boolean;
  disabled: boolean;
  loading: boolean;
  /** Title of the menu it belongs to. */
  group?: string;
}

/** The buttons and links directly in `element`, and those in its `<section label>` menus. */
export function actionElements(element: Element): HTMLElement[] {
  return [...element.querySelectorAll<HTMLElement>("button, a")].filter(
    (action) => action.parentElement === element || action.closest("section")?.parentElement === element,
  );
}

export function mirrorActions(element: Element): MirroredAction[] {
  return actionElements(element).map((action, index) => ({
    index,
    label: (action.textContent ?? "").trim(),
    primary: action.getAttribute("variant") === "primary",
    critical: action.getAttribute("tone") === "critical",
    disabled: action.hasAttribute("disabled"),
    loading: action.hasAttribute("loading") && action.getAttribute("loading") !== "false",
    group: action.closest("section")?.getAttribute("label") ?? undefined,
  }));
}

/** Calls `changed` after the element's attributes or content change, at most once per turn. */
export function observeContent(element: Element, changed: () => void): MutationObserver {
  const observer = new MutationObserver(() => changed());
  observer.observe(element, { attributes: true, childList: true, characterData: true, subtree: true });
  return observer;
}

/** The app shows nothing of this element. Done with a shadow root, since a changed attribute would disturb hydration. */
export function hideContent(element: HTMLElement): void {
  element.attachShadow({ mode: "open" }).innerHTML = "<style>:host { display: none !important }</style>";
}
