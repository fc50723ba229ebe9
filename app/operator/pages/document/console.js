// The only script of the console: follows a run by server-sent events. Without it, pages look again by <meta http-equiv="refresh">.
const live = document.querySelector("[data-live]");
const link = document.querySelector("[data-live-state]");

if (live) {
  const source = new EventSource(live.dataset.live);
  source.addEventListener("run", (event) => {
    const { html, ended } = JSON.parse(event.data);
    live.innerHTML = html;
    link.textContent = "";
    if (!ended) return;
    source.close();
    // The page of a run that has ended says more, and offers what comes next.
    location.reload();
  });
  source.addEventListener("error", () => {
    // The browser asks again by itself, unless it was refused.
    const isRefused = source.readyState === EventSource.CLOSED;
    link.textContent = isRefused
      ? "You were signed out, or the app refused to go on. Open the page again."
      : "The connection is lost; asking again. What you see is the last that was heard.";
  });
  addEventListener("pagehide", () => source.close());
}
