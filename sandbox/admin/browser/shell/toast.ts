import { byId, make } from "./dialog.ts";
import { onAppMessage, tellApp } from "./frame.ts";

interface Toast {
  id: string;
  message: string;
  duration: number;
  isError: boolean;
  action?: string;
}

const shown = new Map<string, HTMLElement>();

export function followToasts(): void {
  onAppMessage<Toast>("toast", showToast);
  onAppMessage<{ id: string }>("toast-hide", ({ id }) => removeToast(id));
}

function showToast(toast: Toast): void {
  const dismiss = make("button", { type: "button", className: "toast-button", textContent: "×" });
  dismiss.setAttribute("aria-label", "Dismiss");
  dismiss.addEventListener("click", () => {
    tellApp("toast-used", { id: toast.id, what: "dismiss" });
    removeToast(toast.id);
  });
  const element = make(
    "div",
    { className: `toast ${toast.isError ? "error" : ""}` },
    make("span", { textContent: toast.message }),
  );
  if (toast.action) {
    const action = make("button", { type: "button", className: "toast-button", textContent: toast.action });
    action.addEventListener("click", () => {
      tellApp("toast-used", { id: toast.id, what: "action" });
      removeToast(toast.id);
    });
    element.append(action);
  }
  element.append(dismiss);
  shown.set(toast.id, element);
  byId("toasts").append(element);
  setTimeout(() => removeToast(toast.id), toast.duration);
}

function removeToast(id: string): void {
  shown.get(id)?.remove();
  shown.delete(id);
}
