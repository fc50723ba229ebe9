import type { Database } from "../infra/database/database.ts";
import type { Logger } from "../infra/log/log.server.ts";
import { type Alert, ALERT_NAMES, judgeAlerts, type Unchanged } from "./judge-alerts.ts";
import { type AlertMessage, type AlertReceiver, sendAlert, type SendOptions } from "./send-alert.ts";
import { type AlertFacts, type AlertSource, readAlertFacts } from "./alert-facts.ts";
import { readWatchFacts } from "./watch-facts.ts";
import { noteReported, noteSeen, readReported } from "./watch-state.ts";

export interface WatchOptions extends AlertSource {
  log: Logger;
  /** The public address of the app. */
  appUrl: string;
  /** Undefined: alerts are only logged. */
  receiver: AlertReceiver | undefined;
  /** For tests. */
  send?: SendOptions;
}

export type Watch = ReturnType<typeof createWatch>;

/** Looks after the tokens of all shops. */
export function createWatch(options: WatchOptions) {
  const { db } = options;
  const log = options.log.child({ part: "watch" });
  /** What this process has logged and not yet delivered: an alert is one line, whatever its receiver does. */
  const logged = new Map<string, string>();

  async function report(message: AlertMessage, signal: AbortSignal | undefined): Promise<void> {
    const { action, name, severity, step, text, details } = message;
    if (logged.get(name) !== step) {
      const fields = { alert: name, action, severity, step, ...details };
      if (action === "resolve") log.info(fields, text);
      else if (severity === "critical") log.error(fields, text);
      else log.warn(fields, text);
      logged.set(name, step);
    }
    if (options.receiver) await sendAlert(options.receiver, message, { ...options.send, signal });
    await noteReported(db, name, action === "trigger" ? step : undefined);
    logged.delete(name);
  }

  return {
    facts: () => readWatchFacts(options),
    /**
     * One look: reports what has begun and what is over since the last one, by whichever instance that was: a log line each, and a message
     * to the receiver. What could not be delivered is tried again at the next look.
     * @returns what is wrong now.
     */
    async look(signal?: AbortSignal): Promise<Alert[]> {
      const facts = await readAlertFacts(options);
      const alerts = judgeAlerts(facts, await noteUnchanged(db, facts));
      const messages = changes(alerts, await readReported(db), { source: options.appUrl, at: facts.now });
      for (const name of logged.keys()) if (!messages.some((message) => message.name === name)) logged.delete(name);
      for (const message of messages) {
        await report(message, signal).catch((error: unknown) =>
          log.error({ err: error, alert: message.name }, "an alert could not be reported; it is tried again"),
        );
      }
      return alerts;
    },
  };
}

async function noteUnchanged(db: Database, { run, sealing, rotation }: AlertFacts): Promise<Unchanged> {
  return {
    run: await noteSeen(db, "run", run.mark),
    sealing: await noteSeen(db, "sealing", sealing.toConvert > 0 ? "incomplete" : "complete"),
    rotation: await noteSeen(db, "rotation", rotation.pinned > 0 ? "pinned" : "none"),
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
