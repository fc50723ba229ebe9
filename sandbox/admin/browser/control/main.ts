const REFRESH_MS = 2_000;

/** Buttons work in place: the action is sent, its sentence shown, the living parts of the page read again. */
function sendActionsInPlace(): void {
  document.addEventListener("submit", (event) => {
    const form = event.target as HTMLFormElement;
    if (form.method !== "post") return;
    event.preventDefault();
    const button = event.submitter as HTMLButtonElement | null;
    button?.setAttribute("aria-busy", "true");
    void send(form).finally(() => button?.removeAttribute("aria-busy"));
  });
}

async function send(form: HTMLFormElement): Promise<void> {
  const fields = new URLSearchParams();
  new FormData(form).forEach((value, name) => fields.set(name, String(value)));
  try {
    const response = await fetch(form.getAttribute("action") ?? "", {
      method: "POST",
      body: fields,
      headers: { Accept: "application/json" },
    });
    const answer = (await response.json()) as { text: string; failed: boolean };
    say(answer.text, answer.failed);
    if (!answer.failed)
      form.querySelectorAll<HTMLInputElement>('input[name="name"]').forEach((input) => (input.value = ""));
  } catch {
    say("The simulator does not answer.", true);
  }
  await refresh();
}

function say(text: string, failed: boolean): void {
  const banner = document.createElement("p");
  banner.className = `banner ${failed ? "bad" : "good"}`;
  banner.textContent = text;
  document.getElementById("said")?.replaceChildren(banner);
}

/** Replaces each part marked `data-live` whose markup has changed, unless the person is in it. */
async function refresh(): Promise<void> {
  const response = await fetch(window.location.href, { headers: { Accept: "text/html" } });
  if (!response.ok) return;
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
  for (const part of document.querySelectorAll<HTMLElement>("[data-live]")) {
    const next = fresh.querySelector(`[data-live="${part.dataset.live ?? ""}"]`);
    if (!next || next.innerHTML === part.innerHTML) continue;
    const focused = part.contains(document.activeElement) ? indexOfFocus(part) : -1;
    part.innerHTML = next.innerHTML;
    if (focused >= 0) part.querySelectorAll<HTMLElement>("a, button")[focused]?.focus();
  }
}

function indexOfFocus(part: HTMLElement): number {
  return [...part.querySelectorAll("a, button")].indexOf(document.activeElement as HTMLElement);
}

function keepFresh(): void {
  setInterval(() => {
    if (!document.hidden) void refresh().catch(() => {});
  }, REFRESH_MS);
}

sendActionsInPlace();
keepFresh();
