import type { Logger } from "../infra/log/log.server.ts";
import { type Alert, ALERT_NAMES, judgeAlerts } from "./judge-alerts.ts";
import { type AlertMessage, type AlertReceiver, sendAlert, type SendOptions } from "./send-alert.ts";
import { readWatchFacts, type WatchFacts, type WatchSource } from "./watch-facts.ts";
import { noteReported, noteSeen, readReported } from "./watch-state.ts";

export interface WatchOptions extends WatchSource {
  log: Logger;
  /** The public address of the app. */
  appUrl: string;
  /** Undefined: alerts are only logged. */
  receiver: AlertReceiver | undefined;
  /** For tests. */
  send?: SendOptions;
}

/** Looks after the tokens of all shops. */
export interface Watch {
  facts(): Promise<WatchFacts>;
  /**
   * One look: reports what has begun and what is over since the last one, by whichever instance that was: a log line each, and a message
   * to the receiver. What could not be delivered is tried again at the next look.
   * @returns what is wrong now.
   */
  look(signal?: AbortSignal): Promise<Alert[]>;
}

const RUN = "run";

export function createWatch(options: WatchOptions): Watch {
  const { db } = options;
  const log = options.log.child({ part: "watch" });

  async function report(message: AlertMessage, signal: AbortSignal | undefined): Promise<void> {
    const { action, name, severity, step, text, details } = message;
    const fields = { alert: name, action, severity, step, ...details };
    if (action === "resolve") log.info(fields, text);
    else if (severity === "critical") log.error(fields, text);
    else log.warn(fields, text);
    if (options.receiver) await sendAlert(options.receiver, message, { ...options.send, signal });
    await noteReported(db, name, action === "trigger" ? step : undefined);
  }

  return {
    facts: () => readWatchFacts(options),
    async look(signal) {
      const facts = await readWatchFacts(options);
      const unchangedMs = await noteSeen(db, RUN, facts.run.mark);
      const alerts = judgeAlerts(facts, unchangedMs);
      const reported = await readReported(db);
      for (const message of changes(alerts, reported, { source: options.appUrl, at: facts.now })) {
        await report(message, signal).catch((error: unknown) =>
          log.error({ err: error, alert: message.name }, "an alert could not be reported; it is tried again"),
        );
      }
      return alerts;
    },
  };
}

function changes(
  alerts: readonly Alert[],
  reported: ReadonlyMap<string, string>,
  about: Pick<AlertMessage, "source" | "at">,
): AlertMessage[] {
  const begun = alerts.filter(({ name, step }) => reported.get(name) !== step);
  const over = ALERT_NAMES.filter((name) => reported.has(name) && !alerts.some((alert) => alert.name === name));
  return [
    ...begun.map((alert): AlertMessage => ({ ...alert, ...about, action: "trigger" })),
    ...over.map((name): AlertMessage => ({
      ...about,
      action: "resolve",
      name,
      severity: "warning",
      step: "resolved",
      text: `${name} is over`,
      details: {},
    })),
  ];
}
