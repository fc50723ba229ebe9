import { createHmac } from "node:crypto";

import { Agent, request } from "undici";

import { WEBHOOK_RETRY_DELAYS_MS, WEBHOOK_TIMEOUT_MS } from "../platform/lifetimes.ts";
import type { Platform } from "../platform/platform.ts";
import { findSecrets } from "../platform/ledger/sightings.ts";
import { requireShop, signingSecret } from "../platform/state.ts";
import type { WebhookDelivery, WebhookOptions } from "../platform/types.ts";
import { webhookPayload } from "../platform/webhooks/payloads.ts";
import { normalizeTopic, type AppToml } from "../platform/webhooks/subscriptions.ts";

export interface WebhookAnswer {
  id: string;
  status: number;
  body: string;
}

interface Job {
  id: string;
  shop: string;
  topic: string;
  url: string;
  body: string;
  headers: Record<string, string>;
  copies: number;
  retry: boolean;
  state: WebhookDelivery["state"];
  attempts: { at: number; status?: number; error?: string }[];
  nextAt?: number;
}

/** Names that never resolve (RFC 2606): nothing is sent there. */
const RESERVED_NAME = /\.(test|example|invalid)$/;

/**
 * Delivers webhooks at least once: signed, in order of their due time, tried again 8 times within 4 hours of simulated
 * time. Deliveries fall due by the movable clock, so moving it plays the retries.
 */
export function createWebhookSender(platform: Platform, toml: () => AppToml | undefined) {
  const { state } = platform;
  let agent = new Agent({ keepAliveTimeout: 1_000 });
  let jobs = new Map<string, Job>();
  let serial = 0;
  let holding = false;
  let timer: NodeJS.Timeout | undefined;
  let playing: Promise<void> | undefined;
  let closed = false;

  function subscriptionUris(topic: string): string[] {
    const read = toml();
    if (!read) return [`/webhooks/${topic}`];
    return read.subscriptions.filter((one) => one.topic === topic).map((one) => one.uri);
  }

  function targetUrl(uri: string): string {
    const base = state.app.deliverTo;
    if (uri.startsWith("/")) return base + uri;
    if (!URL.canParse(uri)) return `${base}/${uri}`;
    const url = new URL(uri);
    return url.origin === new URL(state.app.url).origin ? base + url.pathname + url.search : uri;
  }

  /** Puts a webhook in the queue, once per subscription. Nothing happens when the app has not subscribed to the topic. */
  function enqueue(shopDomain: string, rawTopic: string, payload?: unknown, options: WebhookOptions = {}): Job[] {
    const topic = normalizeTopic(rawTopic);
    const shop = requireShop(state, shopDomain);
    const uris = options.uri === undefined ? subscriptionUris(topic) : [options.uri];
    return uris.map((uri) => {
      const body =
        typeof payload === "string" ? payload : JSON.stringify(payload ?? webhookPayload(state, shop, topic));
      const secret = options.secret ?? signingSecret(state).value;
      const signed = options.badSignature ? `${body} ` : body;
      const job: Job = {
        id: `delivery-${++serial}`,
        shop: shop.domain,
        topic,
        url: targetUrl(uri),
        body,
        copies: options.copies ?? 1,
        retry: options.retry ?? true,
        state: holding ? "held" : "scheduled",
        attempts: [],
        nextAt: state.clock.now() + (options.delayMs ?? 0),
        headers: {
          "content-type": "application/json",
          "user-agent": "Shopify-Captain-Hook",
          "x-shopify-topic": topic,
          "x-shopify-hmac-sha256": createHmac("sha256", secret).update(signed).digest("base64"),
          "x-shopify-shop-domain": shop.domain,
          "x-shopify-api-version": options.apiVersion ?? toml()?.apiVersion ?? "2026-10",
          "x-shopify-webhook-id": options.webhookId ?? state.random.uuid(),
          "x-shopify-event-id": options.eventId ?? state.random.uuid(),
          "x-shopify-triggered-at": options.triggeredAt ?? new Date(state.clock.now()).toISOString(),
        },
      };
      jobs.set(job.id, job);
      return job;
    });
  }

  async function post(job: Job): Promise<WebhookAnswer> {
    const { hostname } = new URL(job.url);
    if (RESERVED_NAME.test(hostname))
      return { id: job.id, status: 0, body: `${hostname} is only a name: set deliverTo.` };
    try {
      const answer = await request(job.url, {
        method: "POST",
        headers: job.headers,
        body: job.body,
        dispatcher: agent,
        headersTimeout: WEBHOOK_TIMEOUT_MS,
        bodyTimeout: WEBHOOK_TIMEOUT_MS,
      });
      const body = await answer.body.text();
      state.ledger.sightings.push(...findSecrets(state, body, "webhook answer"));
      return { id: job.id, status: answer.statusCode, body };
    } catch (error) {
      return { id: job.id, status: 0, body: error instanceof Error ? error.message : String(error) };
    }
  }

  /** One attempt now, all copies side by side; decides what comes next. */
  async function attempt(job: Job): Promise<WebhookAnswer> {
    job.nextAt = undefined;
    const at = state.clock.now();
    const answers = await Promise.all(Array.from({ length: job.copies }, () => post(job)));
    const answer = answers.find(({ status }) => status < 200 || status > 299) ?? (answers[0] as WebhookAnswer);
    const delivered = answer.status >= 200 && answer.status <= 299;
    job.attempts.push(answer.status ? { at, status: answer.status } : { at, error: answer.body });
    const delay = job.retry ? WEBHOOK_RETRY_DELAYS_MS[job.attempts.length - 1] : undefined;
    if (delivered) job.state = "delivered";
    else if (delay === undefined) job.state = "failed";
    else {
      job.state = "scheduled";
      job.nextAt = state.clock.now() + delay;
    }
    schedule();
    return answer;
  }

  function due(until: number): Job | undefined {
    let first: Job | undefined;
    for (const job of jobs.values()) {
      if (job.state !== "scheduled" || job.nextAt === undefined || job.nextAt > until) continue;
      if (!first || job.nextAt < (first.nextAt as number)) first = job;
    }
    return first;
  }

  async function playDue(): Promise<void> {
    while (!closed) {
      const job = due(state.clock.now());
      if (!job) break;
      await attempt(job);
    }
    schedule();
  }

  function schedule(): void {
    clearTimeout(timer);
    if (closed) return;
    const next = due(Infinity)?.nextAt;
    if (next === undefined) return;
    const wait = Math.min(Math.max(next - state.clock.now(), 0), 60_000);
    timer = setTimeout(() => {
      playing ??= playDue().finally(() => (playing = undefined));
    }, wait);
    timer.unref();
  }

  function view(job: Job): WebhookDelivery {
    return {
      id: job.id,
      shop: job.shop,
      topic: job.topic,
      state: job.state,
      attempts: job.attempts.map((one) => ({ ...one, at: new Date(one.at).toISOString() })),
      nextAttemptAt: job.nextAt === undefined ? undefined : new Date(job.nextAt).toISOString(),
    };
  }

  return {
    /** Queues and, unless held or delayed, makes the first attempt before it returns. */
    async send(
      shop: string,
      topic: string,
      payload?: unknown,
      options: WebhookOptions = {},
    ): Promise<WebhookDelivery[]> {
      const queued = enqueue(shop, topic, payload, options);
      if (!options.delayMs) {
        for (const job of queued) if (job.state === "scheduled") await attempt(job);
      }
      schedule();
      return queued.map(view);
    },
    /** Sends one webhook at once, subscribed or not, and returns the app's answer. */
    async sendNow(
      shop: string,
      topic: string,
      payload?: unknown,
      options: WebhookOptions = {},
    ): Promise<WebhookAnswer> {
      const uri = options.uri ?? subscriptionUris(normalizeTopic(topic))[0] ?? `/webhooks/${normalizeTopic(topic)}`;
      const [job] = enqueue(shop, topic, payload, { retry: false, ...options, uri });
      return attempt(job as Job);
    },
    async replay(id: string): Promise<WebhookAnswer> {
      const job = jobs.get(id);
      if (!job) throw new TypeError(`No such delivery: ${id}`);
      return post(job);
    },
    list(query: { shop?: string; topic?: string } = {}): WebhookDelivery[] {
      return [...jobs.values()]
        .filter((job) => (!query.shop || job.shop === query.shop) && (!query.topic || job.topic === query.topic))
        .map(view);
    },
    hold(): void {
      holding = true;
    },
    /** Lets everything held go, in the order asked for, one after the other; what is due later stays scheduled. */
    async release(order: "as-sent" | "reverse" | "shuffled" = "as-sent"): Promise<WebhookDelivery[]> {
      holding = false;
      let held = [...jobs.values()].filter((job) => job.state === "held");
      if (order === "reverse") held.reverse();
      if (order === "shuffled") {
        held = held
          .map((job) => ({ job, key: state.random.next() }))
          .sort((a, b) => a.key - b.key)
          .map(({ job }) => job);
      }
      for (const job of held) job.state = "scheduled";
      const ready = held.filter((job) => (job.nextAt ?? 0) <= state.clock.now());
      for (const job of ready) await attempt(job);
      schedule();
      return ready.map(view);
    },
    /** Moves the clock and plays what falls due on the way, each at its own time. */
    async advance(ms: number): Promise<void> {
      if (!Number.isFinite(ms) || ms < 0) throw new RangeError(`The clock only moves forward, by milliseconds: ${ms}`);
      await playing;
      const target = state.clock.now() + ms;
      for (;;) {
        const job = due(target);
        if (!job || closed) break;
        const wait = (job.nextAt as number) - state.clock.now();
        if (wait > 0) state.clock.advance(wait);
        await attempt(job);
      }
      state.clock.advance(Math.max(0, target - state.clock.now()));
      schedule();
    },
    /** Takes back what has not been sent, for instance `shop/redact` after a reinstall. */
    cancel(shop: string, topic: string): void {
      for (const job of jobs.values()) {
        if (job.shop === shop && job.topic === topic && job.state !== "delivered") jobs.delete(job.id);
      }
    },
    clear(): void {
      jobs = new Map();
      holding = false;
      clearTimeout(timer);
    },
    async close(): Promise<void> {
      closed = true;
      clearTimeout(timer);
      await agent.destroy();
      agent = new Agent();
    },
  };
}

export type WebhookSender = ReturnType<typeof createWebhookSender>;
