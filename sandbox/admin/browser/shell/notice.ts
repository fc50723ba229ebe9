import { byId, make } from "./dialog.ts";
import { askServer, frame, onAppMessage } from "./frame.ts";
import { setLoading } from "./chrome.ts";

interface LastAnswer {
  status: number;
  path: string;
  unreachable: boolean;
}

/** How long a loaded page gets to start App Bridge before the Admin says that it did not. */
const APP_BRIDGE_GRACE_MS = 1_500;
let greetings = 0;

/** The loading state, and a note (of the simulator, not of Shopify) when the frame holds a page that is not the app. */
export function followLoading(): void {
  onAppMessage("hello", () => {
    greetings += 1;
    showNotice();
  });
  onAppMessage("ready", () => {
    setLoading(false);
    byId("skeleton").hidden = true;
  });
  frame.addEventListener("load", () => {
    const before = greetings;
    setLoading(false);
    setTimeout(() => {
      byId("skeleton").hidden = true;
      if (greetings === before && greetings === 0) void explain();
    }, APP_BRIDGE_GRACE_MS);
  });
}

async function explain(): Promise<void> {
  const answer = await askServer<LastAnswer | null>("last-answer").catch(() => null);
  if (!answer) return showNotice("The page in the frame did not start App Bridge.");
  if (answer.unreachable) return showNotice("The app did not answer. This is what the merchant sees.");
  showNotice(
    answer.status >= 400
      ? `The app answered ${answer.status} to ${answer.path}. This is what the merchant sees.`
      : `The app answered ${answer.status} to ${answer.path}, but the page did not start App Bridge.`,
  );
}

function showNotice(text?: string): void {
  const notice = byId("notice");
  notice.hidden = !text;
  notice.replaceChildren(...(text ? [make("strong", { textContent: "Simulator: " }), text] : []));
}
