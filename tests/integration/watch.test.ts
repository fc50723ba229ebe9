// Proves that the app's own watch reports what begins, gets worse and is over, once each, signed, until it is delivered, and nothing secret.
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { createLogger } from "../../app/infra/log/log.server.ts";
import { createMetrics } from "../../app/infra/metrics.server.ts";
import { createJobs } from "../../app/jobs/queue/create-jobs.ts";
import { recordContractStart } from "../../app/migration/index.ts";
import { makeTokenKey, parseTokenKeys, type TokenDependencies, type TokenKey } from "../../app/tokens/index.ts";
import { sendAlert, signAlert } from "../../app/watch/send-alert.ts";
import { createWatch } from "../../app/watch/watch.ts";
import { createApi, DAY_MS, tokensHarness } from "./tokens-harness.ts";

const SECRET = "alerts-0123456789abcdef0123456789";
const world = tokensHarness();
const received: { headers: IncomingHttpHeaders; body: string }[] = [];
let answers: number[] = [];
let receiver: Server;
let url: string;

beforeAll(async () => {
  receiver = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (text: string) => (body += text));
    request.on("end", () => {
      received.push({ headers: request.headers, body });
      response.writeHead(answers.shift() ?? 200, { location: "http://127.0.0.1:1/" }).end();
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/services/T000/B000/secret-part`;
});
afterAll(() => new Promise((resolve) => receiver.close(resolve)));
afterEach(async () => {
  received.length = 0;
  answers = [];
  await world.database.query(`DELETE FROM "Session"`);
  await world.database.query(`DELETE FROM expand_contract."WatchState"`);
  await world.database.query(`DELETE FROM expand_contract."ContractStart"`);
  await world.database.query(`DELETE FROM expand_contract."ContractLeftover"`);
  await world.database.query(`DELETE FROM expand_contract."MigrationRun"`);
});

function watchOf(
  phase: "expand" | "contract" = "contract",
  { to, ...options }: { to?: string } & Partial<TokenDependencies> = {},
) {
  const { prisma, ...tokens } = world.process({ phase, ...options });
  const lines: string[] = [];
  const log = createLogger("info", [SECRET, url], { write: (line) => void lines.push(line) });
  const watch = createWatch({
    db: prisma,
    tokens,
    phase,
    distribution: "app_store",
    clock: options.clock ?? (() => world.now()),
    log,
    appUrl: "https://app.example.com",
    receiver: { url: to ?? url, secret: SECRET },
    send: { pauseMs: 1 },
  });
  const look = async () => (await watch.look()).map(({ name }) => name).filter((name) => name !== KEEP_ALIVE);
  return { watch, look, lines, prisma, tokens };
}

const ALERT = { name: "dead_letters", severity: "warning", step: "found", text: "text", details: {} } as const;
const endless = () =>
  new Readable({
    read() {
      this.push(Buffer.alloc(65_536));
    },
  });

/** Nothing schedules jobs in these tests, and the watch says so; that one is looked at by itself. */
const KEEP_ALIVE = "keep_alive_not_running";
const messages = () =>
  received
    .map(({ body }) => JSON.parse(body) as { text: string; event_action: string; payload: { class: string } })
    .filter(({ payload }) => payload.class !== KEEP_ALIVE);
const alertLines = (lines: string[], name: string) => lines.filter((line) => line.includes(`"alert":"${name}"`));

describe("a permanent token that is stored after contract", () => {
  it("is reported once by whichever instance looks, and again when it is over", async () => {
    const one = watchOf();
    const another = watchOf();
    await recordContractStart(one.prisma);
    expect(await one.look()).toEqual([]);
    expect(messages()).toEqual([]);

    const shop = await world.install("permanent");
    expect(await one.look()).toContain("permanent_token_regression");
    expect(await another.look()).toContain("permanent_token_regression");
    expect(messages().filter(({ payload }) => payload.class === "permanent_token_regression")).toHaveLength(1);
    expect(messages()[0]).toMatchObject({
      text: expect.stringMatching(/^Critical \(app\.example\.com\): 1 permanent token stored since contract/) as string,
      event_action: "trigger",
      dedup_key: "expand-contract:app.example.com:permanent_token_regression",
      payload: { severity: "critical", source: "https://app.example.com", custom_details: { sinceContract: 1 } },
    });
    expect(alertLines([...one.lines, ...another.lines], "permanent_token_regression")).toHaveLength(1);

    await one.tokens.migrate(shop);
    expect(await another.look()).toEqual([]);
    expect(messages().at(-1)).toMatchObject({
      event_action: "resolve",
      dedup_key: "expand-contract:app.example.com:permanent_token_regression",
    });
    received.length = 0;
    await one.look();
    expect(messages()).toEqual([]);
  });

  it("says nothing of a shop or a token, and signs what it says", async () => {
    const { look, lines, prisma } = watchOf();
    await recordContractStart(prisma);
    const shop = await world.install("permanent");
    await look();
    expect(received.length).toBeGreaterThan(0);
    for (const { headers, body } of received) {
      const timestamp = String(headers["x-alert-timestamp"]);
      expect(headers["x-alert-signature"]).toBe(signAlert(SECRET, timestamp, body));
      expect(body).not.toContain(shop);
      expect(await world.sandbox.client.ledger.findSecrets(body)).toEqual([]);
    }
    expect(lines.join("\n")).not.toContain("secret-part");
    expect(lines.join("\n")).not.toContain(SECRET);
  });
});

describe("a receiver that does not take it", () => {
  it("is asked three times, then at the next look, and the log does not wait for it", async () => {
    const { look, lines, prisma } = watchOf();
    await recordContractStart(prisma);
    // Reported before, so that one message alone is left.
    await look();
    received.length = 0;
    await world.install("permanent");
    answers = Array<number>(9).fill(503);
    await look();
    expect(messages().filter(({ payload }) => payload.class === "permanent_token_regression")).toHaveLength(3);
    expect(lines.join("")).toContain("answered 503");
    answers = Array<number>(9).fill(503);
    await look();
    answers = [];
    received.length = 0;
    await look();
    expect(messages().map(({ payload }) => payload.class)).toContain("permanent_token_regression");
    const said = alertLines(lines, "permanent_token_regression").filter((line) => line.includes(`"step"`));
    expect(said).toHaveLength(1);
  });

  it.each([
    ["never answers", () => {}, 3, "did not answer in time"],
    [
      "sends its headers and then nothing",
      (response: ServerResponse) => void response.writeHead(503).flushHeaders(),
      3,
      "answered 503",
    ],
    ["answers without an end", (response: ServerResponse) => void endless().pipe(response), 1, undefined],
    ["breaks off", (response: ServerResponse) => void response.destroy(), 3, "could not be reached"],
  ])("costs no more than its attempts when it %s", async (_, answer, attempts, why) => {
    let asked = 0;
    const odd = createServer((request, response) => {
      asked++;
      request.resume().on("end", () => answer(response));
    });
    await new Promise<void>((resolve) => odd.listen(0, "127.0.0.1", resolve));
    const message = { ...ALERT, action: "trigger", source: "https://app.example.com", at: 0 } as const;
    const to = { url: `http://127.0.0.1:${(odd.address() as AddressInfo).port}/secret-part` };
    try {
      const sent = sendAlert(to, message, { pauseMs: 1, timeoutMs: 500 }).then(
        () => undefined,
        (error: Error) => error.message,
      );
      expect(await sent).toBe(why && `The receiver of alerts ${why}`);
      expect(asked).toBe(attempts);
    } finally {
      odd.closeAllConnections();
      await new Promise((resolve) => odd.close(resolve));
    }
  });

  it("is not asked twice where it refuses, nor followed elsewhere", async () => {
    for (const status of [400, 307]) {
      const { look, lines, prisma } = watchOf();
      await recordContractStart(prisma);
      await look();
      received.length = 0;
      const shop = await world.install("permanent");
      answers = Array<number>(3).fill(status);
      await look();
      const sent = messages().filter(({ payload }) => payload.class === "permanent_token_regression");
      expect(sent).toHaveLength(status === 400 ? 1 : 3);
      expect(lines.join("")).toContain(`answered ${status}`);
      await world.database.query(`DELETE FROM "Session" WHERE shop = $1`, [shop]);
      answers = [];
      await look();
    }
  });
});

describe("a migration", () => {
  const run = (status: string, more = "") =>
    world.database.query(
      `INSERT INTO expand_contract."MigrationRun" ("id", "status", "options", "total" ${more && `, ${more.split("=")[0]}`})
       VALUES ('run', '${status}', '{}', 9 ${more && `, ${more.split("=")[1]}`})`,
    );

  it("that finishes no shop for half an hour is stalled, unless it waits for the operator", async () => {
    const { look } = watchOf("expand");
    await run("running");
    expect(await look()).toEqual([]);
    await world.database.query(`UPDATE expand_contract."WatchState" SET "since" = now() - interval '31 minutes'`);
    expect(await look()).toEqual(["migration_stalled"]);
    await world.database.query(
      `INSERT INTO expand_contract."MigrationTally" ("runId", "wave", "outcome", "code", "shops") VALUES ('run', 0, 'migrated', '', 1)`,
    );
    expect(await look()).toEqual([]);
    await world.database.query(`UPDATE expand_contract."WatchState" SET "since" = now() - interval '31 minutes'`);
    await world.database.query(`UPDATE expand_contract."MigrationRun" SET "waveBeginsAt" = 'infinity'`);
    expect(await look()).toEqual([]);
  });

  it("that halts with tokens left is reported, and one that completes is not", async () => {
    const { look } = watchOf("expand", { clock: () => Date.parse("2026-06-01T00:00:00Z") });
    await world.install("permanent");
    await run("halted");
    expect(await look()).toEqual(["migration_stalled"]);
    await world.database.query(`UPDATE expand_contract."MigrationRun" SET "status" = 'completed'`);
    expect(await look()).toEqual([]);
  });
});

it("the deadline is reported by steps, while anything is left", async () => {
  const deadline = Date.parse("2027-01-01T00:00:00Z");
  let now = deadline - 40 * DAY_MS;
  const { look } = watchOf("expand", { clock: () => now });
  await world.install("permanent");
  const texts: string[] = [];
  for (const days of [40, 29, 28, 13, 6, 2, 1, 0]) {
    now = deadline - days * DAY_MS;
    await look();
    texts.push(...messages().map(({ text }) => text));
    received.length = 0;
  }
  expect(texts.map((text) => /in (\d+) days?|since/.exec(text)?.[0])).toEqual([
    "in 29 days",
    "in 13 days",
    "in 6 days",
    "in 2 days",
    "in 1 day",
    "since",
  ]);
});

it("a chain that ends soon is reported while its shop is open", async () => {
  const { look } = watchOf("expand");
  const shop = await world.install("expiring");
  expect(await look()).toEqual([]);
  await world.database.query(`UPDATE "Session" SET "refreshTokenExpires" = $1::timestamptz AT TIME ZONE 'UTC'`, [
    new Date(world.now() + 10 * DAY_MS).toISOString(),
  ]);
  expect(await look()).toEqual(["chains_ending"]);
  await world.database.query(
    `INSERT INTO expand_contract."ShopToken" ("shop", "suspendedAt", "suspendedWhy") VALUES ($1, now(), 'frozen')`,
    [shop],
  );
  expect(await look()).toEqual([]);
  await world.database.query(`DELETE FROM expand_contract."ShopToken" WHERE "shop" = $1`, [shop]);
});

const age = (name: string, interval: string) =>
  world.database.query(`UPDATE expand_contract."WatchState" SET "since" = now() - $2::interval WHERE "name" = $1`, [
    name,
    interval,
  ]);

it("sealing that is not brought to its end within two hours is reported, and at once a token whose key is missing", async () => {
  const [k1, k2] = ["k1", "k2"].map((id) => parseTokenKeys(makeTokenKey(id))) as [TokenKey[], TokenKey[]];
  const sealing = watchOf("expand", { encryption: { keys: k1 } });
  await world.install("expiring");
  expect(await sealing.look()).toEqual([]);
  await age("sealing", "119 minutes");
  expect(await sealing.look()).toEqual([]);
  await age("sealing", "121 minutes");
  expect(await sealing.look()).toEqual(["sealing_incomplete"]);
  expect(messages().at(-1)).toMatchObject({
    text: expect.stringMatching(
      /^Warning .*2 stored tokens not in the form .* for 2 hours.*npm run tokens -- seal/,
    ) as string,
    payload: { severity: "warning", custom_details: { step: "late", toConvert: 2, unreadable: 0 } },
  });
  await sealing.tokens.convertRows();
  expect(await sealing.look()).toEqual([]);
  expect(messages().at(-1)).toMatchObject({ event_action: "resolve", payload: { class: "sealing_incomplete" } });

  const other = watchOf("expand", { encryption: { keys: k2 } });
  expect(await other.look()).toEqual(["sealing_incomplete"]);
  expect(messages().at(-1)).toMatchObject({
    text: expect.stringMatching(/^Critical .*2 stored tokens sealed with a key that the app does not have/) as string,
    payload: { custom_details: { step: "unreadable", unreadable: 2 } },
  });
});

it("a rotation of the client secret that still pins chains after two days is reported, until none is pinned", async () => {
  const { secret } = await world.sandbox.client.rotateSecret();
  try {
    const shop = await world.install("expiring");
    const rotating = watchOf("expand", { api: createApi(secret), previousApi: createApi() });
    expect(await rotating.look()).toEqual([]);
    await age("rotation", "47 hours");
    expect(await rotating.look()).toEqual([]);
    await age("rotation", "49 hours");
    expect(await rotating.look()).toEqual(["chains_pinned"]);
    expect(messages().at(-1)).toMatchObject({
      text: expect.stringMatching(
        /under way for 49 hours, and 1 chain still pinned.*npm run tokens -- repin/,
      ) as string,
      payload: { severity: "warning", custom_details: { pinned: 1 } },
    });
    await rotating.tokens.refresh(shop);
    expect(await rotating.look()).toEqual([]);
    expect(messages().at(-1)).toMatchObject({ event_action: "resolve", payload: { class: "chains_pinned" } });
  } finally {
    await world.sandbox.client.revokeOldSecrets();
  }
});

it("runs as a job, by schedule, and keep-alive that was planned is not reported", async () => {
  const { watch, prisma, tokens } = watchOf("expand", { clock: Date.now });
  await watch.look();
  expect(received.map(({ body }) => body).join("")).toContain(KEEP_ALIVE);
  const jobs = createJobs({
    databaseUrl: world.database.url,
    tokens,
    db: prisma,
    watch,
    log: createLogger("silent"),
    metrics: createMetrics({ withDefaults: false }),
    times: { lookMs: 100 },
  });
  try {
    await jobs.start();
    received.length = 0;
    await jobs.runNow("watch-tokens");
    await vi.waitFor(
      () =>
        expect(received.map(({ body }) => JSON.parse(body) as object)).toContainEqual(
          expect.objectContaining({
            event_action: "resolve",
            dedup_key: `expand-contract:app.example.com:${KEEP_ALIVE}`,
          }),
        ),
      { timeout: 15_000, interval: 50 },
    );
  } finally {
    await jobs.stop();
  }
  const schedules = await world.database.query(
    `SELECT cron FROM expand_contract_jobs.schedule WHERE name = 'watch-tokens'`,
  );
  expect(schedules).toEqual([{ cron: "*/5 * * * *" }]);
});
