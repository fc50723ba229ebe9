import { SingleBar } from "cli-progress";
import { barLine, progressLine, shopsDone } from "./describe-run.ts";
import type { RunView } from "./operator-client.ts";
import type { Paint } from "./paint.ts";

/** How a run under way is shown. */
export interface ProgressView {
  run(run: RunView): void;
  /** Something that is not about the run: the app is away, or back. */
  say(text: string): void;
  end(): void;
}

const LINE_EVERY_MS = 10_000;

/** For machines: the run, one JSON object a line, whenever it has changed. */
export function jsonView(out: (line: string) => void): ProgressView {
  let last = "";
  return {
    run(run) {
      const line = JSON.stringify(run);
      if (line !== last) out(line);
      last = line;
    },
    say() {},
    end() {},
  };
}

/** For logs: a line every ten seconds, and at once when something is new. */
export function lineView(out: (line: string) => void, now: () => Date = () => new Date()): ProgressView {
  let shownAt: number | undefined;
  let lastNews = "";
  let hidden: RunView | undefined;
  const line = (text: string) => out(`${now().toISOString().slice(11, 19)}  ${text}`);
  return {
    run(run) {
      // A notice that counts seconds down is not news every second.
      const news = `${run.notice?.replaceAll(/\d+/g, "") ?? ""} ${run.wave?.number ?? ""}`;
      const isDue = shownAt === undefined || now().getTime() - shownAt >= LINE_EVERY_MS;
      hidden = run;
      if (run.status !== "running" || (!isDue && news === lastNews)) return;
      hidden = undefined;
      lastNews = news;
      shownAt = now().getTime();
      line(progressLine(run));
    },
    say: line,
    // What the lines end with is how the run stands, not how it stood seconds ago.
    end() {
      if (hidden) line(hidden.status === "running" ? progressLine(hidden) : `${hidden.status}: ${shopsDone(hidden)}`);
    },
  };
}

/** For people at a terminal: one bar, with what is said above it. */
export function barView(stream: NodeJS.WriteStream, paint: Paint): ProgressView {
  let shown: RunView | undefined;
  let notice: string | undefined;
  const bar = new SingleBar({
    format: () => (shown ? barLine(shown, { columns: stream.columns || 80, paint, notice }) : ""),
    stream,
    fps: 4,
    forceRedraw: true,
    hideCursor: true,
    gracefulExit: false,
    clearOnComplete: true,
  });
  let isStarted = false;
  return {
    run(run) {
      shown = run;
      notice = undefined;
      if (!isStarted) bar.start(run.total, 0);
      isStarted = true;
      bar.setTotal(run.total);
      bar.update(run.total - run.remaining);
    },
    say(text) {
      notice = text;
      stream.write(`\r\u001b[2K${text}\n`);
    },
    end() {
      if (isStarted) bar.stop();
    },
  };
}
