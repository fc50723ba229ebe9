// Proves that the app's own watch reports what begins, gets worse and is over, once each.
import { describe, expect, it, vi } from "vitest";
import { createLogger } from "../../app/infra/log/log.server.ts";
import { createMetrics } from "../../app/infra/metrics.server.ts";
import { createJobs } from "../../app/jobs/queue/create-jobs.ts";
import { recordContractStart } from "../../app/migration/index.ts";
import { makeTokenKey, parseTokenKeys, type TokenKey } from "../../app/tokens/index.ts";
import { createApi } from "../support/create-api.ts";
import { DAY_MS } from "./tokens-harness.ts";
import { alertLines, KEEP_ALIVE, watchHarness } from "./watch-harness.ts";

const { world, watchOf, received, messages } = watchHarness();

it("a permanent token that is stored after contract is reported once by whichever instance looks, and again when it is over", async () => {
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
