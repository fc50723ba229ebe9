import { z } from "zod";
import { shopDomainSchema } from "../infra/shop-domain.ts";
import { MigrationRequestError, type FieldProblem } from "./errors.ts";

/** How a run stands. Everything but `running` is final; a run that ended is never taken up again, a new one is started. */
export type RunStatus = "running" | "completed" | "stopped" | "halted" | "failed";

const MOST_NAMED_SHOPS = 10_000;
const WAVE = /^(\d{1,3}(?:\.\d{1,2})?)%$/;

const waves = z.string({ error: 'must be text like "1%,10%,100%"' }).transform((text, context) => {
  const shares: number[] = [];
  for (const part of text.split(",").map((piece) => piece.trim())) {
    const share = Number(WAVE.exec(part)?.[1]);
    if (!(share > (shares.at(-1) ?? 0) && share <= 100)) {
      context.addIssue(`must be rising percentages above 0% and up to 100%, such as "1%,10%,100%"; "${part}" is not`);
      return z.NEVER;
    }
    shares.push(share);
  }
  return shares;
});

const wholeNumber = (what: string, from: number, to: number) =>
  z
    .number({ error: `must be a whole number: ${what}` })
    .int(`must be a whole number: ${what}`)
    .min(from, `must be at least ${from}`)
    .max(to, `must be at most ${to}`);

const request = z
  .strictObject(
    {
      /** Count and estimate; make no call, write nothing. */
      dryRun: z.boolean({ error: "must be true or false" }).default(false),
      /** Take up at most this many shops. */
      limit: wholeNumber("how many shops at most", 1, 100_000_000).optional(),
      /** Only these shops, in this order. */
      shops: z
        .array(shopDomainSchema, { error: "must be a list of shops" })
        .min(1, "must name at least one shop, or be left out for all")
        .max(MOST_NAMED_SHOPS, `must name at most ${MOST_NAMED_SHOPS} shops; leave it out for all`)
        .transform((shops) => [...new Set(shops)])
        .optional(),
      /** Shops in work at once, per instance of the app. */
      concurrency: wholeNumber("calls at once, per instance", 1, 200).default(20),
      /** How long the POST waits for the run to finish; seconds. */
      waitSeconds: wholeNumber("seconds to wait for the run to finish", 0, 55).default(25),
      /** Rising shares of all shops by stable hash; each wave is judged before the next begins. */
      waves: waves.optional(),
      /** Between waves: seconds to wait, or `"confirm"` for an operator's word (`POST /admin/migrate-tokens/<id>`). */
      pauseBetween: z
        .union([z.literal("confirm"), wholeNumber("seconds between waves", 0, 86_400)], {
          error: 'must be a number of seconds up to 86400, or "confirm"',
        })
        .optional(),
      /** Which shops are proven by one Admin call once their pair is stored. `auto`: all of the first wave (without waves: of the first 100 shops), then one in fifty. */
      verify: z
        .enum(["auto", "all", "sample", "none"], { error: 'must be "auto", "all", "sample" or "none"' })
        .default("auto"),
      /** Final failures, in percent of the last 200 shops, above which the run halts itself. */
      failureThreshold: z
        .number({ error: "must be a percentage, 0 to 100" })
        .min(0, "must be at least 0")
        .max(100, "must be at most 100")
        .default(5),
    },
    { error: (issue) => (issue.code === "invalid_type" ? "must be a JSON object" : undefined) },
  )
  .superRefine((options, context) => {
    if (options.shops && options.waves) {
      context.addIssue({ code: "custom", path: ["waves"], message: "cannot be combined with shops" });
    }
    if (options.pauseBetween !== undefined && !options.waves) {
      context.addIssue({ code: "custom", path: ["pauseBetween"], message: "needs waves to wait between" });
    }
  });

/** What an operator may ask of a run; every field has a default. */
export type MigrationOptions = z.output<typeof request>;

/**
 * Parses the body of `POST /admin/migrate-tokens`; no body (undefined, null) means all defaults.
 * @throws MigrationRequestError (`invalid_request`) naming each bad field.
 */
export function parseMigrationOptions(body: unknown): MigrationOptions {
  const parsed = request.safeParse(body === undefined ? {} : body);
  if (parsed.success) return parsed.data;
  throw new MigrationRequestError(
    parsed.error.issues.flatMap((issue): FieldProblem[] =>
      issue.code === "unrecognized_keys"
        ? issue.keys.map((field) => ({ field, message: "is not known" }))
        : [{ field: issue.path.join(".") || "body", message: issue.message }],
    ),
  );
}

/** A shop that a run could not bring over, in words for an operator. */
export interface RunFailure {
  shop: string;
  /** failed, needs_reauthorization, suspended or uninstalled. */
  outcome: string;
  code: string;
  message: string;
  attempts: number;
  retryable: boolean;
}

/** A permanent row that Shopify would not exchange, or that no run touches. */
export interface Leftover {
  /** Of the row of `Session`. */
  id: string;
  shop: string;
  /** Why: a code of docs/runbook.md. */
  code: string;
  message: string;
}

/** What a dry run found. */
export interface RunPlan {
  /** Permanent tokens the run would try to migrate. */
  wouldTry: number;
  /** Of those, shops already known to need re-authorization, to be suspended, to be uninstalled. */
  knownNeedsReauth: number;
  knownSuspended: number;
  knownUninstalled: number;
  /** Permanent rows that a run asks Shopify about once more, or leaves alone, by the code of the reason. */
  leftAlone?: Record<string, number>;
  /** Which they are; the first 100. */
  rows?: Leftover[];
  /** Shops per wave, when waves were asked for. */
  waves?: { percent: number; shops: number }[];
  /** Where the estimate's rate comes from. */
  rateFrom: "last run" | "assumption";
}

/** A run as operators see it: the JSON of `/admin/migrate-tokens`. */
export interface RunView {
  id: string;
  status: RunStatus;
  dryRun: boolean;
  startedAt: string;
  finishedAt: string | null;
  /** Shops this run is about. `migrated + skipped + failed + needsReauth + remaining`. */
  total: number;
  migrated: number;
  /** Nothing to do, or not now: already expiring, placeholder, custom app, uninstalled, suspended. */
  skipped: number;
  failed: number;
  needsReauth: number;
  /** Shops of this run without an outcome yet. */
  remaining: number;
  /** Counted in the database by predicate, at the end; null before. 0 is the proof. */
  permanentTokens: number | null;
  /** Of those, tokens that a further run could migrate: a shop's own session, not known to be dead, suspended or uninstalled. Null before the end. */
  migratableTokens: number | null;
  /** Offline rows whose token starts with `shpat_`, permanent or not: never reaches zero. Null before the end. */
  legacyPrefixRows: number | null;
  /** Shops finished per second: of late while running, over the whole run afterwards. */
  ratePerSecond: number;
  /** Calls per second that pacing allows all instances together; null when no run is at work. */
  allowedRate: number | null;
  /** Seconds to the end at this rate; null when it cannot be known. */
  etaSeconds: number | null;
  haltReason: string | null;
  /** Why it goes slowly or stands still now (throttled, platform down, stopping …), for a person. */
  notice: string | null;
  /** The wave at work, counted from 1, of how many, and its share in percent; null without waves. */
  wave: { number: number; of: number; percent: number } | null;
  /** Instances at work on the run now. */
  workers: number;
  failuresByCode: Record<string, number>;
  /** The first 100; every one with `failures: "all"`. */
  failures: RunFailure[];
  plan?: RunPlan;
}
