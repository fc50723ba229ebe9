import { parseIntoClientConfig } from "pg-connection-string";

/** Variables whose whole value is secret. Those that the environment does not know are undefined. */
const SECRET_VARIABLES = [
  "SHOPIFY_API_SECRET",
  "SHOPIFY_API_SECRET_PREVIOUS",
  "MIGRATION_SECRET",
  "MIGRATION_SECRET_PREVIOUS",
  "MONITOR_SECRET",
  "ALERT_WEBHOOK_URL",
  "ALERT_WEBHOOK_SECRET",
  "OTEL_EXPORTER_OTLP_HEADERS",
  "SHOPIFY_APP_PRIVATE_KEY",
  "SHOPIFY_APP_PRIVATE_KEY_PREVIOUS",
  "TOKEN_ENCRYPTION_KEYS",
] as const;

/** Every secret that the app is configured with, by value: for the log, which must never write one. */
export function secretsOf(env: object): string[] {
  const values = env as Record<string, unknown>;
  const whole = SECRET_VARIABLES.map((name) => values[name]).filter((value) => typeof value === "string");
  return [...whole, ...encryptionKeys(values.TOKEN_ENCRYPTION_KEYS), ...passwordOf(values.DATABASE_URL)];
}

/** `id:key,id:key`: each key by itself. */
function encryptionKeys(value: unknown): string[] {
  if (typeof value !== "string") return [];
  return value.split(",").map((entry) => entry.slice(entry.indexOf(":") + 1).trim());
}

/** As the driver reads it, and as it is written in the address. */
function passwordOf(url: unknown): string[] {
  if (typeof url !== "string") return [];
  try {
    const { password } = parseIntoClientConfig(url);
    return [password, URL.parse(url)?.password].filter((one): one is string => typeof one === "string" && one !== "");
  } catch {
    return [];
  }
}
