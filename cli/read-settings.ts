import { readFileSync } from "node:fs";
import { parseEnv } from "node:util";
import { OperatorError } from "./operator-error.ts";

/** Where the app answers, and what opens its operator's routes. */
export interface Settings {
  /** Scheme, host and port. */
  origin: string;
  secret: string;
  /** The address was given with `--url`, so commands that are suggested repeat it. */
  isUrlGiven: boolean;
  /** Something the operator should know before the secret is sent. */
  warning?: string;
}

const HERE = "http://localhost:3000";
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/**
 * Puts together what a call needs. The address is `--url`, else APP_URL, else SHOPIFY_APP_URL of the environment, else this
 * machine's port 3000; never a file's: a file that lies around must not decide which production is migrated. The secret is
 * MIGRATION_SECRET of the environment, else of the `.env` file beside; never an argument, which every user of a machine can read.
 * @throws OperatorError bad_url, no_secret or bad_secret.
 */
export function readSettings(
  given: { url?: string },
  env: NodeJS.ProcessEnv,
  dotenv: Record<string, string | undefined> = {},
): Settings {
  const address = given.url ?? (env["APP_URL"] || env["SHOPIFY_APP_URL"] || HERE);
  const url = URL.parse(address.trim());
  const problem = problemOf(address, url);
  if (!url || problem) {
    const from = given.url === undefined ? "APP_URL or SHOPIFY_APP_URL" : "--url";
    throw new OperatorError("bad_url", `${from} is not the address of an app${problem}`, remedyFor(address));
  }
  const secret = (env["MIGRATION_SECRET"] || dotenv["MIGRATION_SECRET"] || "").trim();
  if (!secret) {
    throw new OperatorError(
      "no_secret",
      "MIGRATION_SECRET is not set",
      "Set it to the value the app has: export MIGRATION_SECRET=… (or put it into .env). It is never an argument.",
    );
  }
  if (!/^[\x21-\x7e]+$/.test(secret)) {
    throw new OperatorError(
      "bad_secret",
      "MIGRATION_SECRET holds a space, a line break or a letter that cannot be sent",
      "Copy it again from the app's environment. `openssl rand -hex 32` makes a good one.",
    );
  }
  return {
    origin: url.origin,
    secret,
    isUrlGiven: given.url !== undefined,
    ...(url.protocol === "http:" &&
      !LOOPBACK.test(url.hostname) && {
        warning: `${url.origin} is not https: anyone on the network path can read MIGRATION_SECRET.`,
      }),
  };
}

function problemOf(address: string, url: URL | null): string {
  if (!url)
    return /^https?:/i.test(address)
      ? ": it has no host, or a port that there is not"
      : ": it does not begin with https://";
  if (url.username || url.password) return ": it holds a user name or a password, which would be sent in the clear";
  return /^https?:$/.test(url.protocol) ? "" : ": it does not begin with https://";
}

/** `localhost:3000` parses as an address of the scheme `localhost:`. */
function remedyFor(address: string): string {
  const here = /^(localhost|127\.0\.0\.1)(:\d+)?$/.exec(address.trim());
  return `Write it like this: --url ${here ? `http://${here[0]}` : "https://app.example.com"}`;
}

/** The variables of a `.env` file; none when there is no such file. */
export function readDotenv(file: string): Record<string, string | undefined> {
  try {
    return parseEnv(readFileSync(file, "utf8"));
  } catch {
    return {};
  }
}
