import { setTimeout as sleep } from "node:timers/promises";
import { SingleBar } from "cli-progress";
import { duration, progressLine } from "./describe-run.ts";
import type { OperatorClient, RunView } from "./operator-client.ts";
import { OperatorError } from "./operator-error.ts";

export interface FollowOptions {
  json: boolean;
  /** A terminal gets a progress bar, everything else plain lines. */
  isTerminal: boolean;
  out: (line: string) => void;
  /** Ctrl-C: ends following, not the run. */
  signal: AbortSignal;
  pollMs?: number;
}

const POLL_MS = 1_000;
const LINE_EVERY_MS = 10_000;
/** A deploy or a restart may take so long; the run goes on meanwhile. */
const PATIENCE_MS = 120_000;
const AWAY = new Set(["unreachable", "app_failed"]);

/** Shows a run until it ends, or until the signal. Returns it as it was last seen. */
export async function followRun(client: OperatorClient, first: RunView, options: FollowOptions): Promise<RunView> {
  const show = options.json ? jsonView(options.out) : options.isTerminal ? barView() : lineView(options.out);
  let run = first;
  let awaySince: number | undefined;
  try {
    show.run(run);
    while (run.status === "running" && !options.signal.aborted) {
      await sleep(options.pollMs ?? POLL_MS, undefined, { signal: options.signal }).catch(() => {});
      if (options.signal.aborted) break;
      try {
        run = await client.run(run.id);
        awaySince = undefined;
        show.run(run);
      } catch (error) {
        if (!(error instanceof OperatorError) || !AWAY.has(error.code)) throw error;
        awaySince ??= Date.now();
        if (Date.now() - awaySince > PATIENCE_MS) throw error;
        show.notice(`${error.message}; asking again`);
      }
    }
    return run;
  } finally {
    show.end();
  }
}

interface View {
  run(run: RunView): void;
  notice(text: string): void;
  end(): void;
}

function jsonView(out: (line: string) => void): View {
  return {
    run: (run) => out(JSON.stringify(run)),
    notice() {},
    end() {},
  };
}

function lineView(out: (line: string) => void): View {
  let shownAt = 0;
  let lastNotice: string | undefined;
  return {
    run(run) {
      const isNews = (run.notice ?? undefined) !== lastNotice;
      lastNotice = run.notice ?? undefined;
      if (run.status !== "running" || (Date.now() - shownAt < LINE_EVERY_MS && !isNews)) return;
      shownAt = Date.now();
      out(progressLine(run));
    },
    notice(text) {
      if (text === lastNotice) return;
      lastNotice = text;
      out(text);
    },
    end() {},
  };
}

function barView(): View {
  const bar = new SingleBar({
    format: "{bar} {percentage}% · {value}/{total} · {rate}/s · {eta_words} · {failures} failed{words}",
    barCompleteChar: "█",
    barIncompleteChar: "░",
    hideCursor: true,
    stream: process.stderr,
    gracefulExit: false,
  });
  let isStarted = false;
  return {
    run(run) {
      const payload = {
        rate: run.ratePerSecond,
        eta_words: run.etaSeconds === null ? "time left unknown" : `${duration(run.etaSeconds)} left`,
        failures: run.failed + run.needsReauth,
        words: [run.wave && ` · wave ${run.wave.number}/${run.wave.of}`, run.notice && ` · ${run.notice}`]
          .filter(Boolean)
          .join(""),
      };
      if (!isStarted) bar.start(run.total, run.total - run.remaining, payload);
      isStarted = true;
      bar.setTotal(run.total);
      bar.update(run.total - run.remaining, payload);
    },
    notice(text) {
      if (isStarted) bar.update({ words: ` · ${text}` });
    },
    end() {
      if (isStarted) bar.stop();
    },
  };
}
