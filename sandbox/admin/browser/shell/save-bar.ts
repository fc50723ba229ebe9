import { askWithDialog, byId } from "./dialog.ts";
import { onAppMessage, tellApp } from "./frame.ts";

interface SaveBarState {
  showing: boolean;
  discardConfirmation?: boolean;
  actions?: { label: string; primary: boolean; disabled: boolean; loading: boolean }[];
}

let state: SaveBarState = { showing: false };

export function followSaveBar(): void {
  onAppMessage<SaveBarState>("save-bar", (next) => {
    state = next;
    byId("save-bar").hidden = !next.showing;
    const save = next.actions?.find((action) => action.primary);
    const discard = next.actions?.find((action) => !action.primary);
    showButton(byId<HTMLButtonElement>("save-bar-save"), save, "Save");
    showButton(byId<HTMLButtonElement>("save-bar-discard"), discard, "Discard");
  });
  onAppMessage("leave-confirmation", async () => {
    if (!(await confirmLeaving())) throw new Error("The merchant stays on the page");
  });
  byId("save-bar-save").addEventListener("click", () => tellApp("save-bar-save"));
  byId("save-bar-discard").addEventListener("click", () => void discard());
}

/** Whether to go on to another page: at once without unsaved changes, else as the merchant answers. */
export async function confirmLeaving(): Promise<boolean> {
  if (!state.showing) return true;
  const answer = await askWithDialog(
    "Leave page with unsaved changes?",
    ["Leaving this page will delete all unsaved changes."],
    [
      { label: "Stay", value: "stay" },
      { label: "Leave page", value: "leave", kind: "critical" },
    ],
  );
  if (answer !== "leave") return false;
  tellApp("save-bar-discard");
  return true;
}

async function discard(): Promise<void> {
  if (state.discardConfirmation) {
    const answer = await askWithDialog(
      "Discard all unsaved changes?",
      ["If you discard changes, you’ll delete any edits you made since you last saved."],
      [
        { label: "Continue editing", value: "stay" },
        { label: "Discard changes", value: "discard", kind: "critical" },
      ],
    );
    if (answer !== "discard") return;
  }
  tellApp("save-bar-discard");
}

function showButton(
  button: HTMLButtonElement,
  action: { label: string; disabled: boolean; loading: boolean } | undefined,
  fallback: string,
): void {
  button.textContent = action?.label || fallback;
  button.disabled = Boolean(action?.disabled || action?.loading);
}
