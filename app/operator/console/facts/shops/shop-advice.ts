import type { Phase } from "../../../../infra/flags/phase.ts";
import { keepAliveDueAgeMs, KEEP_ALIVE_SPREAD } from "../../../../jobs/handlers/keep-alive-timing.ts";
import { hoursBetweenTries } from "../../../../jobs/handlers/retry-unserved.ts";
import { nextStep, type Step } from "../../../../tokens/renew/next-step.ts";
import { REFRESH_TOKEN_LIFETIME_MS } from "../../../../tokens/renew/timing.ts";
import type { ShopTokenState } from "../../../../tokens/types.ts";
import type { ShopState } from "./shop-filter.ts";

/** What the app would do for a shop, at which occasion, and why. */
export interface Advice {
  when: string;
  what: string;
  why: string;
  /** A moment that belongs to it; milliseconds since the epoch. */
  at?: number;
}

export interface AdviceFacts {
  shop: string;
  state: ShopState;
  reason: string | null;
  token: Pick<ShopTokenState, "status" | "reason" | "refreshTokenExpires">;
  phase: Phase;
  /** The merchant's visit brings an ID token that the app may exchange. */
  isServedByExchange: boolean;
  hasLostAnswer: boolean;
  /** Milliseconds since the epoch. */
  now: number;
}

/** By the very decisions that the app takes (`nextStep` and the plans of its background work), asked for this shop. */
export function shopAdvice(facts: AdviceFacts): Advice[] {
  const { token, phase, isServedByExchange } = facts;
  if (facts.state === "uninstalled") {
    return [
      {
        when: "When the app is installed again",
        what: STEPS.acquire,
        why: "Everything of the shop ended when it was uninstalled.",
      },
    ];
  }
  const context = { phase, replace: false, chainIsDead: false };
  const background = nextStep(token, { ...context, idToken: false });
  const visit = nextStep(token, { ...context, idToken: isServedByExchange });
  return [
    { when: "At the next webhook or background job", what: STEPS[background.step], why: whyOf(background.reason) },
    { when: "When its merchant opens the app", what: visitWords(visit.step, facts), why: whyOf(visit.reason) },
    ...byItself(facts),
  ];
}

function visitWords(step: Step, { isServedByExchange }: AdviceFacts): string {
  return step === "reauthorize" && !isServedByExchange
    ? "The merchant is led through the authorization code grant."
    : STEPS[step];
}

function byItself({ shop, state, reason, token, hasLostAnswer, now }: AdviceFacts): Advice[] {
  const advice: Advice[] = [];
  if (hasLostAnswer) {
    advice.push({
      when: "Within ten minutes",
      what: "The app asks Shopify again with the stored token.",
      why: "The answer of a call never came, so what is stored may be replaced at Shopify.",
    });
  }
  if ((state === "paused" || state === "unreachable") && token.status === "permanent") {
    advice.push({
      when: `Every ${hoursBetweenTries(now)} hours`,
      what: "The app tries the exchange again, once a run has been made.",
      why: `The shop is ${reason ?? "paused"} for now, which may change any day.`,
    });
  }
  if (state === "expiring" && token.refreshTokenExpires) {
    const issuedAt = token.refreshTokenExpires.getTime() - REFRESH_TOKEN_LIFETIME_MS;
    advice.push({
      when: "By itself, unless something uses it before",
      what: "The token is refreshed, and its 90 days begin anew.",
      why: "Each shop has a day of its own between day 30 and day 40.",
      at: Math.max(now, issuedAt + keepAliveDueAgeMs(shop, KEEP_ALIVE_SPREAD)),
    });
  }
  return advice;
}

const STEPS: Record<Step, string> = {
  use: "The stored token is used as it is.",
  refresh: "The token is refreshed first.",
  migrate: "The permanent token is exchanged first. This cannot be undone.",
  acquire: "A new token is acquired with the merchant's own session; nobody is asked anything.",
  reauthorize: "Nothing is sent to Shopify: the work waits until the merchant opens the app.",
};

const WHY: Record<string, string> = {
  not_near_expiry: "It is fresh.",
  near_expiry: "It ends within minutes.",
  access_token_expired: "Its hour is over, and its refresh token lives.",
  expiry_unknown: "When it ends is not on record.",
  no_refresh_token: "It is permanent, and before contract nothing forces the exchange.",
  expiry_passed: "It is permanent, though an expiry is stored beside it.",
  contract_phase: "In contract no permanent token stays in use.",
  not_exchangeable: "Shopify accepts it but does not exchange it.",
  exempt_distribution: "This app's distribution may keep permanent tokens.",
  refresh_token_expired: "The refresh token was not used for 90 days.",
  empty_access_token: "The row holds no token.",
  no_session: "No session is stored.",
};

function whyOf(reason: string): string {
  return WHY[reason] ?? "Shopify refuses the stored token for good.";
}
