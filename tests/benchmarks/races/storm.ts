import { createRandom } from "../../../sandbox/platform/random.ts";
import type { Fault } from "../../../sandbox/platform/types.ts";
import type { Answer } from "./merchants.ts";
import { judge, type Outcome } from "./outcome.ts";
import { migrateOurs, migratePlain } from "./run-migration.ts";
import { shopNames, TOKEN_LATENCY } from "./scenario.ts";
import { startTraffic } from "./traffic.ts";
import type { World } from "./world.ts";

export interface StormOptions {
  shops: number;
  /** How long it blows at least; it ends when the migration is over, too, or after twice as long. Never before two kills. */
  seconds: number;
  merchants: number;
  seed: number;
  say?: (text: string) => void;
}

export interface StormResult extends Outcome {
  kills: number;
  tokenCalls: number;
  faultsPlayed: number;
  /** After the storm: merchants, one per shop, whose request was not answered 200. */
  stillBroken: number;
  permanentTokens: number;
}

const HOUR_MS = 3_600_000;

/** 5% lost answers (before or after Shopify committed), 5% 5xx, 2% 429: of everything that Shopify is asked. */
const FAULTS: Fault[] = [
  { probability: 0.03, effect: { kind: "lost-after-commit" } },
  { probability: 0.02, effect: { kind: "lost-before-commit" } },
  { probability: 0.03, effect: { kind: "status", status: 503, body: "html" } },
  { probability: 0.02, effect: { kind: "status", status: 520, body: "text" } },
  { probability: 0.02, effect: { kind: "throttle", retryAfterSeconds: 1 } },
].map((fault) => ({ endpoint: ["token", "graphql"], ...fault }) as Fault);

/**
 * Every writer at once, in random order: first opens, expired sessions, access tokens that die early, installations by code, webhooks
 * with their jobs, and a migration of all, while Shopify fails at random and either process is killed at random and started again.
 * Then the wind drops, and the simulator's ledger says what is lost.
 */
export async function storm(world: World, options: StormOptions): Promise<StormResult> {
  const random = createRandom(options.seed);
  const { client, platform } = world.sandbox;
  const shops = shopNames("storm", options.shops);
  const kinds = ["none", "permanent", "permanent", "expiring", "expiring"] as const;
  await world.install(shops.map((shop, index) => ({ shop, token: kinds[index % kinds.length]! })));
  await client.choices({ consent: "skip", repeatedRefresh: "new-pair", concurrentRefresh: "new-pair" });
  await client.faults.add(TOKEN_LATENCY);
  for (const fault of FAULTS) await client.faults.add(fault);

  const mix = { open: 6, data: 8, webhook: 8, ...(world.kind === "ours" ? { installByCode: 2 } : {}) };
  const traffic = startTraffic(world, shops, { merchants: options.merchants, mix, seed: options.seed });
  let migrated = false;
  const migration = (world.kind === "ours" ? migrateOurs(world) : migratePlain(world)).then((result) => {
    migrated = true;
    return result;
  });
  const started = performance.now();
  const elapsed = () => (performance.now() - started) / 1_000;
  let kills = 0;
  const isOver = () => kills >= 2 && elapsed() > options.seconds && (migrated || elapsed() > 2 * options.seconds);

  const killing = (async () => {
    while (!isOver()) {
      await sleep(1_500 + random.next() * 3_000);
      const index = random.next() < 0.5 ? 0 : 1;
      await world.processes[index]!.kill();
      kills++;
      await world.restart(index);
    }
  })();
  const aging = (async () => {
    while (!isOver()) {
      await sleep(1_000);
      await world.expire(shops.filter(() => random.next() < 0.05));
      // Access tokens that the app thinks fresh end early: the Admin API answers 401.
      if (random.next() < 0.1) await client.clock.advance(HOUR_MS + 60_000);
    }
  })();
  try {
    await Promise.all([killing, aging]);
  } finally {
    await traffic.stop();
  }
  options.say?.(`${world.kind}: the storm lasted ${Math.round(elapsed())} s`);
  const faultsPlayed = platform.state.ledger.calls.filter(({ fault }) => fault && fault !== "latency").length;

  await client.faults.clear();
  const { permanentTokens } = await migration;
  options.say?.(`${world.kind}: the migration ended after ${Math.round(elapsed())} s`);
  await waitForJobs(world);
  options.say?.(`${world.kind}: all was quiet after ${Math.round(elapsed())} s`);
  const outcome = await judge(world, shops, traffic.answers);
  for (const shop of platform.orphans(await world.rows()).slice(0, 5)) options.say?.(lastCalls(world, shop));
  for (const { shop, first, second } of platform.overlaps().slice(0, 3)) {
    const words = [first, second].map((call) => JSON.stringify({ ...call, issued: undefined }));
    options.say?.(`${world.kind}: side by side for ${shop}\n    ${words.join("\n    ")}`);
  }
  const broken = await reopenAll(world, shops);
  for (const { shop, answer } of broken.slice(0, 3)) options.say?.(await whyBroken(world, shop, answer));
  return {
    ...outcome,
    kills,
    tokenCalls: outcome.calls.total,
    faultsPlayed,
    stillBroken: broken.length,
    permanentTokens,
  };
}

/** What led to a loss, for whoever has to find out. No tokens: the ledger names them by number. */
function lastCalls({ sandbox, kind }: World, shop: string): string {
  const calls = sandbox.platform.state.ledger.calls.filter((call) => call.shop === shop && call.endpoint === "token");
  const lines = calls
    .slice(-6)
    .map(({ grant, status, outcome, fault, abandoned, presented, issued }) =>
      JSON.stringify({ grant, status, outcome, fault, abandoned, presented, issued }),
    );
  return `${kind}: ${shop} after\n    ${lines.join("\n    ")}`;
}

/**
 * Until the leases of the dead have run out (15 s; a page waits for one no longer than 4.5 s, and then says "try again"), and no call has
 * reached the simulator for 2 s: jobs put off come back.
 */
async function waitForJobs({ sandbox, query }: World): Promise<void> {
  const { calls } = sandbox.platform.state.ledger;
  for (let quiet = 0, seen = calls.length, rounds = 0; quiet < 8 && rounds < 160; rounds++) {
    await sleep(250);
    const [held] = await query(
      `SELECT FROM expand_contract."ShopToken" WHERE "leaseOwner" IS NOT NULL AND "leaseExpiresAt" > clock_timestamp() LIMIT 1`,
    );
    quiet = calls.length === seen && !held ? quiet + 1 : 0;
    seen = calls.length;
  }
}

/** What a shop looks like whose merchant is not served. */
async function whyBroken(world: World, shop: string, answer: Answer): Promise<string> {
  const [life] = await world.query(
    `SELECT to_jsonb(t) - 'shop' AS row, clock_timestamp() AS now FROM expand_contract."ShopToken" t WHERE shop = $1`,
    [shop],
  );
  return `${lastCalls(world, shop)}\n    ${JSON.stringify(answer)} ${JSON.stringify(life)}`;
}

/** Each shop's merchant comes once more. @returns those who are not served. */
async function reopenAll(world: World, shops: readonly string[]): Promise<{ shop: string; answer: Answer }[]> {
  const broken: { shop: string; answer: Answer }[] = [];
  const next = shops.values();
  await Promise.all(
    Array.from({ length: 12 }, async (_, index) => {
      for (const shop of next) {
        const answer = await world.merchants.data(shop, index);
        if (answer.status !== 200) broken.push({ shop, answer });
      }
    }),
  );
  return broken;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
