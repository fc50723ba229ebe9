/** What the page around the app was given by the server. */
export interface ShellData {
  shop: string;
  storePath: string;
  appPath: string;
  appName: string;
  appOrigin: string;
  publicAppOrigin: string;
  adminOrigin: string;
  shopPrefix: string;
  homePath: string;
  labels: Record<string, string>;
}

export const shell = JSON.parse(document.getElementById("shell-data")?.textContent ?? "{}") as ShellData;

export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  return document.getElementById(id) as T;
}

/** An element with properties and children, in one expression. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Partial<HTMLElementTagNameMap[K]> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

export interface DialogChoice {
  label: string;
  value: string;
  kind?: "primary" | "critical";
}

/** Asks with a dialog of the Admin; Escape and × answer with `undefined`. */
export function askWithDialog(
  title: string,
  body: (Node | string)[],
  choices: DialogChoice[],
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const dialog = make("dialog", { className: "dialog" });
    dialog.setAttribute("aria-label", title);
    const finish = (value?: string) => {
      dialog.close();
      dialog.remove();
      resolve(value);
    };
    const close = make("button", { type: "button", className: "icon-button", textContent: "×" });
    close.setAttribute("aria-label", "Close");
    close.addEventListener("click", () => finish());
    const buttons = choices.map((choice) => {
      const button = make("button", {
        type: "button",
        className: `button ${choice.kind ?? ""}`,
        textContent: choice.label,
      });
      button.addEventListener("click", () => finish(choice.value));
      return button;
    });
    dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      finish();
    });
    dialog.append(
      make("header", {}, make("h2", { textContent: title }), close),
      make("div", { className: "dialog-body" }, ...body),
      make("footer", {}, ...buttons),
    );
    document.body.append(dialog);
    dialog.showModal();
  });
}
