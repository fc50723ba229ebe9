import { Agent } from "undici";

import { findSecrets } from "../platform/ledger/sightings.ts";
import { WEBHOOK_RETRY_DELAYS_MS } from "../platform/lifetimes.ts";
import type { Platform } from "../platform/platform.ts";
import type { WebhookDelivery, WebhookOptions } from "../platform/types.ts";
import { normalizeTopic, type AppToml } from "../platform/webhooks/subscriptions.ts";
import { buildWebhook, viewWebhook as view, type WebhookJob } from "./build-webhook.ts";
import { postWebhook, type WebhookAnswer } from "./post-webhook.ts";

/**
 * Delivers webhooks at least once: signed, in order of their due time, tried again 8 times within 4 hours of simulated
 * time. Deliveries fall due by the movable clock, so moving it plays the retries.
 */
export function createWebhookSender(platform: Platform, toml: () => AppToml | undefined) {
  const { state } = platform;
  const agent = new Agent({ keepAliveTimeout: 1_000 });
  let jobs = new Map<string, WebhookJob>();
  /** The jobs that are not done: what is due is looked for among these alone. */
  const open = new Set<WebhookJob>();
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

  /** Puts a webhook in the queue, once per subscription. Nothing happens when the app has not subscribed to the topic. */
  function enqueue(shop: string, rawTopic: string, payload?: unknown, options: WebhookOptions = {}): WebhookJob[] {
    const topic = normalizeTopic(rawTopic);
    const uris = options.uri === undefined ? subscriptionUris(topic) : [options.uri];
    return uris.map((uri) => {
      const id = `delivery-${++serial}`;
      const job = buildWebhook(state, toml(), { id, shop, topic, uri, payload, held: holding, options });
      jobs.set(id, job);
      open.add(job);
      return job;
    });
  }

  async function post(job: WebhookJob): Promise<WebhookAnswer> {
    const answer = await postWebhook(job, agent);
    state.ledger.sightings.push(...findSecrets(state, answer.body, "webhook answer"));
    return answer;
  }

  /** One attempt now, all copies side by side; decides what comes next. */
  async function attempt(job: WebhookJob): Promise<WebhookAnswer> {
    job.state = "scheduled";
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
    if (job.state !== "scheduled") open.delete(job);
    schedule();
    return answer;
  }

  function due(until: number): WebhookJob | undefined {
    let first: WebhookJob | undefined;
    for (const job of open) {
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
      return attempt(job as WebhookJob);
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
      let held = [...open].filter((job) => job.state === "held");
      if (order === "reverse") held.reverse();
      if (order === "shuffled") {
        held = held
          .map((job) => ({ job, key: state.random.next() }))
          .sort((a, b) => a.key - b.key)
          .map(({ job }) => job);
      }
      const now = state.clock.now();
      const ready = held.filter((job) => (job.nextAt ?? 0) <= now);
      for (const job of held) if (!ready.includes(job)) job.state = "scheduled";
      // Each stays held until its turn, so that no timer sends it out of order.
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
      for (const job of open) {
        if (job.shop !== shop || job.topic !== topic) continue;
        open.delete(job);
        jobs.delete(job.id);
      }
    },
    clear(): void {
      jobs = new Map();
      open.clear();
      holding = false;
      clearTimeout(timer);
    },
    async close(): Promise<void> {
      closed = true;
      clearTimeout(timer);
      await agent.destroy();
    },
  };
}

export type WebhookSender = ReturnType<typeof createWebhookSender>;
