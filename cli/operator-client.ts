import type { Leftover, RunFailure, RunView } from "../app/migration/types.ts";
import type { ScopesReport } from "../app/operator/health/show-scopes.server.ts";
import type { TokenHealthReport } from "../app/operator/health/token-health-report.ts";
import type { RepinnedPart } from "../app/operator/secrets/client-secret.server.ts";
import type { ConvertedTokens } from "../app/operator/secrets/token-encryption.server.ts";
import type { ApplicationTokenProbe } from "../app/tokens/types.ts";
import { explainAnswer, explainForeignAnswer, explainNetworkError, type Answer } from "./explain-error.ts";
import { OperatorError } from "./operator-error.ts";
import { harmlessly } from "./paint.ts";

export type { ConvertedTokens, RepinnedPart, Leftover, RunFailure, RunView, ScopesReport };
/** `GET /admin/token-health`. */
export type HealthReport = TokenHealthReport;

/** A background job that failed for good. `shop` is absent for jobs of the app as a whole. */
interface DeadLetter {
  id: string;
  job: string;
  shop?: string;
  /** ISO 8601. */
  diedAt: string;
  attempts: number;
  code: string;
  message: string;
}

/** `/admin/dead-letters`: how many there are (counted up to a thousand), and the 100 oldest. */
export interface DeadLetters {
  count: number;
  deadLetters: DeadLetter[];
}

/** A shop in a list. */
export interface ListedShop {
  shop: string;
  state: string;
  /** A code of the runbook: why it is in this state. */
  reason: string | null;
  /** ISO 8601: when its refresh token ends. */
  chainEnds: string | null;
  /** In the run that the list is about. */
  outcome: string | null;
  code: string | null;
}

/** Which shops to list. */
export interface ShopQuery {
  state?: string;
  outcome?: string;
  run?: string;
  search?: string;
  limit?: number;
  /** What the page before gave as `next`. */
  after?: string;
}

/** `GET /admin/shops/<domain>`; the fields that are shown. */
export interface ShopReport {
  shop: string;
  name: string | null;
  plan: string | null;
  state: string;
  reason: string | null;
  /** The reason in words. */
  words: string | null;
  next: { when: string; what: string; why: string; at?: string }[];
  history: { at: string; kind: string; code?: string; count?: number }[];
  outcomes: { at: string; run: string; outcome: string; code: string }[];
  parked: { job: string; code: string }[];
  otherRows: string[];
}

/** What a POST answers: `joined` when the run was under way before. */
export type StartedRun = RunView & { joined: boolean };

/** The operator's routes of a running app. Every verb throws OperatorError: what went wrong, with the remedy. */
export interface OperatorClient {
  origin: string;
  /** Starts a run, or joins the one there is; answers as soon as it is stored. */
  startRun(body: object): Promise<StartedRun>;
  run(id: string, options?: { allFailures?: boolean }): Promise<RunView>;
  /** The run at work, else the one started last; undefined when there has never been one. */
  latestRun(): Promise<RunView | undefined>;
  /** The latest runs, the newest first, without their failures. */
  runs(limit: number): Promise<RunView[]>;
  /** Permanent rows that Shopify would not exchange, with the reason; the first ones. */
  leftovers(limit: number): Promise<Leftover[]>;
  /** Which scopes the app asks for, and what shops have granted; undefined from an app that has adopted the package, which is told no scopes. */
  scopes(): Promise<ScopesReport | undefined>;
  /** One page of shops, 50 unless told, and where the next begins. */
  shops(query: ShopQuery): Promise<{ shops: ListedShop[]; next: string | null }>;
  /** Everything about one shop. */
  shop(domain: string): Promise<ShopReport>;
  stopRun(id: string): Promise<RunView>;
  /** The word that a run waits for between two waves. */
  continueRun(id: string): Promise<RunView>;
  health(): Promise<HealthReport>;
  deadLetters(): Promise<DeadLetters>;
  /** Gives background jobs that failed for good another chance; answers with what is left. */
  retryDeadLetters(): Promise<DeadLetters & { retried: number }>;
  /** Tries an application-only token for a shop. */
  probeApplicationToken(shop: string): Promise<ApplicationTokenProbe>;
  /** Brings stored tokens into that form for up to ten seconds; to be repeated until `isComplete`. */
  convertTokens(to: "sealed" | "plain"): Promise<ConvertedTokens>;
  /** Refreshes chains that an earlier client secret made, for a few seconds; to be repeated from `next` until that is null. */
  repin(body: { after?: string; ratePerSecond?: number; dryRun?: boolean }): Promise<RepinnedPart>;
  /** Whether the app's database is reachable and its schema current. */
  isReady(): Promise<boolean>;
}

const RUNS = "/admin/migrate-tokens";
const DEAD_LETTERS = "/admin/dead-letters";
/** No call waits longer for the app's next word. */
const SILENCE_MS = 15_000;
/** A dry run counts every shop before it answers. */
const START_SILENCE_MS = 120_000;
/** Calls that have left are waited for before it answers. */
const REPIN_SILENCE_MS = 60_000;

/**
 * @param options.interrupted gives up a call that is under way (error code `interrupted`).
 * @param options.raw answers keep their control characters, for machines; unless told, they are made visible.
 */
export function createOperatorClient({
  origin,
  secret,
  interrupted,
  raw = false,
}: {
  origin: string;
  secret: string;
  interrupted?: AbortSignal;
  raw?: boolean;
}): OperatorClient {
  function read<T>({ text }: Answer, field: keyof T): T | undefined {
    try {
      const value = JSON.parse(text) as T | null;
      if (typeof value !== "object" || value === null || !(field in value)) return undefined;
      return raw ? value : harmlessly(value);
    } catch {
      return undefined;
    }
  }

  /** One call, read to its end. Redirects are not followed: the secret is for this address alone. */
  async function ask(path: string, init: RequestInit = {}, silenceMs = SILENCE_MS): Promise<Answer> {
    const silence = new AbortController();
    const giveUp = () => silence.abort(new DOMException("no answer in time", "TimeoutError"));
    let timer = setTimeout(giveUp, silenceMs);
    try {
      const response = await fetch(new URL(path, origin), {
        ...init,
        headers: { Accept: "application/json", Authorization: `Bearer ${secret}`, ...init.headers },
        signal: interrupted ? AbortSignal.any([silence.signal, interrupted]) : silence.signal,
        redirect: "manual",
      });
      const decoder = new TextDecoder();
      let text = "";
      const reader = response.body?.getReader();
      for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
        clearTimeout(timer);
        timer = setTimeout(giveUp, silenceMs);
        text += decoder.decode(part.value, { stream: true });
      }
      return { status: response.status, headers: response.headers, text };
    } catch (cause) {
      if (interrupted?.aborted) throw new OperatorError("interrupted", "interrupted", "");
      throw explainNetworkError(cause, origin);
    } finally {
      clearTimeout(timer);
    }
  }

  /** @param field a field that every such answer has: what a proxy or another app says is not taken for it. */
  async function json<T>(path: string, field: keyof T, init?: RequestInit, silenceMs?: number): Promise<T> {
    const answer = await ask(path, init, silenceMs);
    if (answer.status < 200 || answer.status > 299) throw explainAnswer(answer, origin);
    return read(answer, field) ?? fail(explainForeignAnswer(origin));
  }

  return {
    origin,
    startRun: (body) => json<StartedRun>(RUNS, "status", posted(body), START_SILENCE_MS),
    run: (id, { allFailures } = {}) =>
      json<RunView>(`${RUNS}/${encodeURIComponent(id)}${allFailures ? "?failures=all" : ""}`, "status"),
    async latestRun() {
      try {
        return await json<RunView>(RUNS, "status");
      } catch (error) {
        if (error instanceof OperatorError && error.code === "run_not_found") return undefined;
        throw error;
      }
    },
    runs: async (limit) => (await json<{ runs: RunView[] }>(`${RUNS}?runs=${limit}`, "runs")).runs,
    leftovers: async (limit) =>
      (await json<{ leftovers: Leftover[] }>(`${RUNS}?leftovers=${limit}`, "leftovers")).leftovers,
    shops: (query) => {
      const given = Object.entries(query).filter(([, value]) => value !== undefined);
      const search = new URLSearchParams(given.map(([name, value]) => [name, String(value)]));
      return json<{ shops: ListedShop[]; next: string | null }>(`/admin/shops?${search}`, "shops");
    },
    shop: (domain) => json<ShopReport>(`/admin/shops/${encodeURIComponent(domain)}`, "state"),
    async scopes() {
      try {
        return await json<ScopesReport>("/admin/scopes", "granted");
      } catch (error) {
        if (error instanceof OperatorError && error.code === "not_found") return undefined;
        throw error;
      }
    },
    continueRun: (id) => json<RunView>(`${RUNS}/${encodeURIComponent(id)}`, "status", { method: "POST" }),
    stopRun: (id) => json<RunView>(`${RUNS}/${encodeURIComponent(id)}`, "status", { method: "DELETE" }),
    async health() {
      const answer = await ask("/admin/token-health");
      // 503 is an answer too: it carries the report of a regression.
      const report = answer.status === 200 || answer.status === 503 ? read<HealthReport>(answer, "verdict") : undefined;
      return report ?? fail(answer.status === 200 ? explainForeignAnswer(origin) : explainAnswer(answer, origin));
    },
    deadLetters: () => json<DeadLetters>(DEAD_LETTERS, "deadLetters"),
    retryDeadLetters: () => json(DEAD_LETTERS, "retried", { method: "POST" }),
    probeApplicationToken: (shop) => json<ApplicationTokenProbe>("/admin/application-token", "ok", posted({ shop })),
    convertTokens: (to) => json<ConvertedTokens>("/admin/token-encryption", "isComplete", posted({ to })),
    repin: (body) => json<RepinnedPart>("/admin/client-secret", "clientSecret", posted(body), REPIN_SILENCE_MS),
    async isReady() {
      const { status } = await ask("/readyz");
      // An app that has adopted the package answers it below its operator's routes.
      return status === 200 || (status === 404 && (await ask("/admin/readyz")).status === 200);
    },
  };
}

function posted(body: object): RequestInit {
  return { method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json" } };
}

function fail(error: OperatorError): never {
  throw error;
}
