import { LogSeverity } from "@shopify/shopify-api";
import type { Logger } from "../infra/log/log.server.ts";

/**
 * Sends the Shopify libraries' lines to our log. One level lower than they ask for: they say "info" several times per request.
 * Their debug lines hold ID tokens; the log scrubs those, and they appear at `trace` only.
 */
export function shopifyLogger(log: Logger) {
  return {
    level: log.isLevelEnabled("trace")
      ? LogSeverity.Debug
      : log.isLevelEnabled("debug")
        ? LogSeverity.Info
        : LogSeverity.Warning,
    timestamps: false,
    httpRequests: false,
    log: (severity: LogSeverity, message: string) => {
      const level = LEVELS[severity] ?? "debug";
      log[level]({ from: "shopify" }, message);
    },
  };
}

const LEVELS: Record<LogSeverity, "error" | "warn" | "debug" | "trace"> = {
  [LogSeverity.Error]: "error",
  [LogSeverity.Warning]: "warn",
  [LogSeverity.Info]: "debug",
  [LogSeverity.Debug]: "trace",
};
