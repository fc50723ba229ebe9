import { applicationKeyProblems } from "./application-key-problems.ts";
import { createPrivateKey } from "node:crypto";
import { z } from "zod";
import { databaseUrlProblem } from "./database/database-url-problem.ts";
import { STATEMENT_TIMEOUT_MS } from "./database/db-pool.ts";
import { phaseOf, type Phase } from "./flags/phase.ts";
import { parseRollout } from "./flags/rollout.ts";

/** An environment that cannot be started with; the message lists every problem and what to do about it. */
export class EnvironmentError extends Error {
  readonly code = "invalid_environment";
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(
      `The environment is not complete (.env.example explains each variable):\n${problems.map((p) => `  - ${p}`).join("\n")}`,
    );
    this.name = "EnvironmentError";
    this.problems = problems;
  }
}

const optionalText = z
  .string()
  .trim()
  .optional()
  .transform((value) => value || undefined);

const required = (what: string) =>
  z
    .string({ error: `is not set: ${what}` })
    .trim()
    .min(1, `is empty: ${what}`);

const flag = (fallback: boolean) =>
  optionalText.transform((value, context) => {
    if (value === undefined) return fallback;
    if (/^(?:true|1)$/i.test(value)) return true;
    if (/^(?:false|0)$/i.test(value)) return false;
    context.addIssue("must be true or false");
    return z.NEVER;
  });

const httpsUrl = required("the public https address of the app").transform((value, context) => {
  const url = URL.parse(value);
  const isServed = url?.protocol === "https:" || (url?.protocol === "http:" && url.hostname === "localhost");
  // The app's addresses are made of it, and shown to everybody.
  if (!url || !isServed || url.href !== `${url.origin}/`) {
    context.addIssue("must be an https:// address and nothing behind the host, e.g. https://app.example.com");
    return z.NEVER;
  }
  return url.origin;
});

const postgresUrl = required(
  "a Postgres connection string, e.g. postgresql://user:password@host:5432/database",
).transform((value, context) => {
  const problem = databaseUrlProblem(value);
  if (problem !== undefined) context.addIssue(problem);
  return value;
});

const port = z
  .string()
  .trim()
  .regex(/^\d*$/, "must be a port number")
  .optional()
  .transform((value) => (value ? Number(value) : 3000))
  .pipe(z.number().int().min(0).max(65535, "must be at most 65535"));

/** A whole number within bounds; empty means the default. */
const count = (fallback: number, least: number, most: number) =>
  optionalText.transform((value, context) => {
    if (!value) return fallback;
    const number = /^\d{1,9}$/.test(value) ? Number(value) : NaN;
    if (number >= least && number <= most) return number;
    context.addIssue(`must be a whole number from ${least} to ${most}`);
    return z.NEVER;
  });

const operatorSecret = optionalText.pipe(
  z.string().min(32, "must have at least 32 characters: openssl rand -hex 32").optional(),
);

/** https, or http on this machine; the address itself may be a secret, so no message repeats it. */
const webhookUrl = optionalText.transform((value, context) => {
  if (!value) return undefined;
  const url = URL.parse(value);
  const isLocal = url?.hostname === "localhost" || url?.hostname === "127.0.0.1";
  if (url && !url.username && (url.protocol === "https:" || (url.protocol === "http:" && isLocal))) return value;
  context.addIssue("must be an https:// address without user and password");
  return z.NEVER;
});

/** In lower case. */
const oneWord = (fallback: string) => optionalText.transform((value) => value?.toLowerCase() ?? fallback);

/** PEM; in one line with `\\n` where lines end, or as it is. */
const privateKey = optionalText.transform((value, context) => {
  const pem = value?.replaceAll("\\n", "\n");
  try {
    if (pem !== undefined) createPrivateKey(pem);
    return pem;
  } catch {
    context.addIssue("is no private key in PEM without a passphrase: it begins with BEGIN PRIVATE KEY between dashes");
    return z.NEVER;
  }
});

const TOKEN_KEYS = /^\s*[\w-]{1,16}:[A-Za-z0-9+/]{43}=\s*(,\s*[\w-]{1,16}:[A-Za-z0-9+/]{43}=\s*)*$/;
const NO_TOKEN_KEYS =
  'must be id:key[,id:key…], each id of 1 to 16 letters, digits, "_" or "-", each key 32 bytes in base64: npm run tokens -- make-key';

const schema = z.object({
  NODE_ENV: z.enum(["development", "test", "production"]).default("development"),
  SHOPIFY_API_KEY: required("the app's client id"),
  SHOPIFY_API_SECRET: required("the app's client secret"),
  SHOPIFY_API_SECRET_PREVIOUS: optionalText,
  SHOPIFY_APP_URL: httpsUrl,
  SCOPES: required("the access scopes, comma-separated, as in shopify.app.toml").transform((value) =>
    value
      .split(",")
      .map((scope) => scope.trim())
      .filter(Boolean),
  ),
  DATABASE_URL: postgresUrl,
  DATABASE_POOL_SIZE: count(10, 2, 1_000),
  DATABASE_STATEMENT_TIMEOUT_MS: count(STATEMENT_TIMEOUT_MS, 100, 600_000),
  EMERGENCY_RECORD_DIR: optionalText,
  PORT: port,
  MIGRATION_SECRET: operatorSecret,
  MIGRATION_SECRET_PREVIOUS: operatorSecret,
  MONITOR_SECRET: operatorSecret,
  ALERT_WEBHOOK_URL: webhookUrl,
  ALERT_WEBHOOK_SECRET: operatorSecret,
  TOKEN_EXCHANGE_ENABLED: flag(true),
  LEGACY_INSTALL_FLOW_ENABLED: flag(true),
  TOKEN_EXCHANGE_ROLLOUT: optionalText.transform((value, context) => {
    try {
      return parseRollout(value ?? "100%");
    } catch (cause) {
      context.addIssue(cause instanceof Error ? cause.message : "cannot be read");
      return z.NEVER;
    }
  }),
  CONTRACT_ANYWAY: flag(false),
  APP_DISTRIBUTION: oneWord("app_store").pipe(
    z.enum(["app_store", "single_merchant", "shopify_admin"], {
      error: "must be app_store, single_merchant or shopify_admin, as Shopify's AppDistribution",
    }),
  ),
  LOG_LEVEL: oneWord("info").pipe(z.enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"])),
  RUN_JOBS: flag(true),
  SHOPIFY_APP_PRIVATE_KEY: privateKey,
  SHOPIFY_APP_KEY_ID: optionalText,
  SHOPIFY_APP_PRIVATE_KEY_PREVIOUS: privateKey,
  SHOPIFY_APP_KEY_ID_PREVIOUS: optionalText,
  TOKEN_ENCRYPTION_KEYS: optionalText.pipe(z.string().regex(TOKEN_KEYS, NO_TOKEN_KEYS).optional()),
  TOKEN_ENCRYPTION_SEAL: flag(true),
});

/** The parsed environment, and the phase it puts the app in. */
export type Env = Readonly<z.infer<typeof schema>> & { readonly phase: Phase };

/**
 * Parses the environment once, at start.
 * @throws EnvironmentError listing every problem together.
 */
export function parseEnv(source: Record<string, string | undefined>): Env {
  const parsed = schema.safeParse(source);
  const problems = parsed.success ? [] : parsed.error.issues.map((issue) => `${issue.path.join(".")} ${issue.message}`);
  const flags = z
    .object({ TOKEN_EXCHANGE_ENABLED: flag(true), LEGACY_INSTALL_FLOW_ENABLED: flag(true) })
    .safeParse(source);
  const phase = flags.success
    ? phaseOf({
        tokenExchangeEnabled: flags.data.TOKEN_EXCHANGE_ENABLED,
        legacyInstallFlowEnabled: flags.data.LEGACY_INSTALL_FLOW_ENABLED,
      })
    : undefined;
  if (flags.success && !phase) {
    problems.push(
      "TOKEN_EXCHANGE_ENABLED and LEGACY_INSTALL_FLOW_ENABLED are both false: the app could not be installed. " +
        "Expand before you contract: set TOKEN_EXCHANGE_ENABLED=true, migrate, then set LEGACY_INSTALL_FLOW_ENABLED=false",
    );
  }
  const { MIGRATION_SECRET, MIGRATION_SECRET_PREVIOUS, MONITOR_SECRET } = parsed.data ?? {};
  if (MONITOR_SECRET !== undefined && [MIGRATION_SECRET, MIGRATION_SECRET_PREVIOUS].includes(MONITOR_SECRET)) {
    problems.push(
      "MONITOR_SECRET is the same as MIGRATION_SECRET, which opens everything: make another, or leave it out",
    );
  }
  if (MIGRATION_SECRET_PREVIOUS !== undefined && MIGRATION_SECRET === undefined) {
    problems.push("MIGRATION_SECRET_PREVIOUS is for a rotation only: set MIGRATION_SECRET to the new secret as well");
  }
  if (parsed.success) problems.push(...applicationKeyProblems(parsed.data));
  if (!parsed.success || !phase || problems.length > 0) throw new EnvironmentError(problems);
  return { ...parsed.data, phase };
}
