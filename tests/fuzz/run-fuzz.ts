import type { DemoPhase } from "../../scripts/demo/demo-app.ts";
import { chooseFor } from "./choose.ts";
import { authDoor } from "./doors/auth.ts";
import { loginDoor } from "./doors/login.ts";
import { operatorDoor } from "./doors/operator.ts";
import { pagesDoor } from "./doors/pages.ts";
import { rawDoor } from "./doors/raw.ts";
import { webhooksDoor, withOwnShop } from "./doors/webhooks.ts";
import { oddHeaders, usualHeaders } from "./headers.ts";
import { findSecretsInLog, isOwnCall, judgeAnswer } from "./judge.ts";
import { curlOf, type RawRequest, send } from "./raw-request.ts";
import { createFuzzWorld, type FuzzWorld, type Memory } from "./world.ts";

export interface FuzzOptions {
  databaseUrl: string;
  phase: DemoPhase;
  requests: number;
  seed: number;
  /** Number of the first request; with `requests: 1` one of them is sent again. */
  from?: number;
  onProgress?: (sent: number) => void;
  /** What the app writes while it is attacked. */
  onOutput?: (text: string) => void;
}

interface Failure {
  /** The first request that showed it. */
  index: number | undefined;
  what: string;
  /** Requests with this method and path that showed it. */
  times: number;
  /** How to send it again. */
  curl: string | undefined;
}

export interface FuzzReport {
  sent: number;
  /** How often each status was answered, by door; `none` where the connection was closed. */
  answers: Record<string, Record<string, number>>;
  /** The longest stretch of the app's event loop, and the longest that a request causes when it is sent alone. */
  worstPauseMs: number;
  worstPauseAloneMs: number;
  /** After a full collection: when everything has run once, and at the end. */
  memoryBefore: Memory;
  memoryAfter: Memory;
  callsForOwnShop: number;
  failures: Failure[];
}

/** No other client may wait longer than this for the event loop. */
const LONGEST_PAUSE_MS = 100;
const CHUNK = 64;
const PARALLEL = 8;
const MOST_KINDS = 50;
/** Chunks with a long pause are sent again, one request at a time: that is slow, and more of the same says nothing new. */
const MOST_REPLAYED_CHUNKS = 20;
/** Compiled code, caches and pools have their final size after so many requests. */
const WARM_UP = 2_000;
const MOST_GROWTH_BYTES = 16 * 1024 * 1024;

/** Attacks the built app as a stranger would, `requests` times, and says what went wrong. The same seed sends the same requests. */
export async function runFuzz(options: FuzzOptions): Promise<FuzzReport> {
  const { databaseUrl, phase, requests, seed, from = 0, onProgress } = options;
  let fresh = "";
  const onOutput = (text: string) => {
    fresh += text;
    options.onOutput?.(text);
  };
  const world = await createFuzzWorld({ databaseUrl, phase, onOutput });
  const kinds = new Map<string, Failure>();
  const answers: FuzzReport["answers"] = {};
  const secrets = await world.secrets();
  const build = (index: number) => buildRequest(seed, index, world);
  const fail = (what: string, index?: number, request?: RawRequest) => {
    const kind = request ? `${what} ${request.method} ${request.target.slice(0, 60).split("?")[0]}` : what;
    const known = kinds.get(kind);
    if (known) known.times++;
    else kinds.set(kind, { index, what, times: 1, curl: request && curlOf(request) });
  };

  const attempt = async (index: number) => {
    const request = build(index);
    let status: string;
    try {
      const answer = await send(world.app.port, request);
      status = answer ? String(answer.status) : "none";
      const wrong = judgeAnswer(request, answer, secrets);
      if (wrong) fail(wrong, index, request);
    } catch (error) {
      status = "late";
      fail(error instanceof Error ? error.message : "failed", index, request);
    }
    const door = (answers[request.door] ??= {});
    door[status] = (door[status] ?? 0) + 1;
  };

  try {
    const storedBefore = await world.stored();
    let calls = (await world.sandbox.client.ledger.calls()).length;
    let memoryBefore = await world.memory();
    let [worstPauseMs, worstPauseAloneMs, replayed, callsForOwnShop] = [0, 0, 0, 0];
    for (let start = from; start < from + requests && kinds.size < MOST_KINDS; start += CHUNK) {
      const indexes = Array.from({ length: Math.min(CHUNK, from + requests - start) }, (_, offset) => start + offset);
      if (start - from >= WARM_UP && start - from < WARM_UP + CHUNK) memoryBefore = await world.memory();
      await inParallel(indexes, attempt);
      const pause = await world.pauseMs();
      worstPauseMs = Math.max(worstPauseMs, pause);
      if (pause > LONGEST_PAUSE_MS && start > from && replayed++ < MOST_REPLAYED_CHUNKS) {
        for (const index of indexes) {
          const alone = await pauseAlone(world, build(index));
          worstPauseAloneMs = Math.max(worstPauseAloneMs, alone);
          if (alone > LONGEST_PAUSE_MS) fail(`a pause of ${Math.round(alone)} ms`, index, build(index));
        }
      }
      const called = await world.sandbox.client.ledger.calls({ after: calls });
      calls += called.length;
      callsForOwnShop += called.filter(isOwnCall).length;
      for (const call of called.filter((one) => !isOwnCall(one))) {
        fail(
          `a call of Shopify for ${call.shop} (${call.grant ?? call.endpoint}), by one of ${start} to ${indexes.at(-1)}`,
        );
      }
      const leaked = findSecretsInLog(fresh, secrets);
      if (leaked) fail(`${leaked}, by one of ${start} to ${indexes.at(-1)}`);
      fresh = "";
      onProgress?.(start - from + indexes.length);
    }
    const memoryAfter = await world.memory();
    const growth = memoryAfter.heapUsed + memoryAfter.external - memoryBefore.heapUsed - memoryBefore.external;
    if (requests > WARM_UP && growth > MOST_GROWTH_BYTES) fail(`${Math.round(growth / 1024)} KiB were not given back`);
    const storedAfter = await world.stored();
    for (const [table, before] of Object.entries(storedBefore)) {
      if (storedAfter[table] !== before) fail(`${table} had ${before}, and has ${storedAfter[table] ?? "gone"}`);
    }
    const sent = Object.values(answers).flatMap((door) => Object.values(door));
    return {
      sent: sent.reduce((sum, count) => sum + count, 0),
      answers,
      worstPauseMs,
      worstPauseAloneMs,
      memoryBefore,
      memoryAfter,
      callsForOwnShop,
      failures: [...kinds.values()],
    };
  } finally {
    await world.close();
  }
}

/** Request `index` of a seed: only times, signatures and secrets of the run differ from one run to the next. */
function buildRequest(seed: number, index: number, world: FuzzWorld): RawRequest {
  const choose = chooseFor(seed, index);
  const door = choose.pick([
    () => pagesDoor(choose),
    () => pagesDoor(choose),
    () => authDoor(choose, world.begun),
    () => authDoor(choose, world.begun),
    () => loginDoor(choose),
    () => webhooksDoor(choose),
    () => webhooksDoor(choose),
    () => operatorDoor(choose, world.migrationSecret),
    () => rawDoor(choose),
  ]);
  const request = door();
  if (request.bytes) return request;
  const headers = [...usualHeaders(choose, index), ...request.headers, ...oddHeaders(choose)];
  return withOwnShop({ ...request, headers });
}

/** The shortest of three attempts: what the request itself costs, whatever else happens in the process. */
async function pauseAlone(world: FuzzWorld, request: RawRequest): Promise<number> {
  let shortest = Infinity;
  for (let attempt = 0; attempt < 3 && shortest > LONGEST_PAUSE_MS; attempt++) {
    await world.pauseMs();
    await send(world.app.port, request).catch(() => {});
    shortest = Math.min(shortest, await world.pauseMs());
  }
  return shortest;
}

async function inParallel(indexes: number[], run: (index: number) => Promise<void>): Promise<void> {
  const waiting = [...indexes];
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await run(next);
  };
  await Promise.all(Array.from({ length: PARALLEL }, work));
}
