/** Each answer of docs/answers.md, played by the simulator, has the consequences that the page promises for the shop, a run and a merchant. */
import { describe, expect, test } from "vitest";
import { judgeJobError } from "../../app/jobs/queue/judge-job-error.ts";
import { ADMIN_ANSWERS } from "../../app/tokens/shopify/answers/admin-answers.ts";
import { TOKEN_ANSWERS } from "../../app/tokens/shopify/answers/token-answers.ts";
import { NAMED_FAULTS, REDIRECT_TARGET } from "../../sandbox/platform/named-faults.ts";
import { HOUR_MS, tokensHarness } from "./tokens-harness.ts";

// Most of it is waiting before a call is tried again, which shops do side by side.
const h = tokensHarness({ isShared: true });
const SHOP_QUERY = "{ shop { id } }";

interface Expected {
  /** What a caller of the front door gets. */
  code: string;
  reason: string;
  /** What a run records. */
  outcome?: { outcome: string; code: string; retryable?: boolean };
  /** Calls of the token endpoint for one caller. */
  calls: number;
  needsReauth?: string;
  suspended?: string;
}

const transient = (reason: string, calls = 3): Expected => ({
  code: "transient",
  reason,
  outcome: { outcome: "failed", code: reason, retryable: true },
  calls,
});
const configuration = (reason: string): Expected => ({ code: "configuration", reason, calls: 1 });
const suspended = (reason: string): Expected => ({
  code: "shop_suspended",
  reason,
  outcome: { outcome: "suspended", code: reason, retryable: true },
  calls: 1,
  suspended: reason,
});
const needsReauth = (reason: string, outcome?: Expected["outcome"]): Expected => ({
  code: "reauthorization_required",
  reason,
  outcome,
  calls: 1,
  needsReauth: reason,
});

const AT_EVERY_GRANT: Record<string, Expected> = {
  network: transient("network"),
  "truncated-json": transient("broken_answer"),
  throttled: transient("throttled"),
  "retry-after-day": transient("throttled", 1),
  "retry-after-date": transient("throttled", 1),
  "retry-after-negative": transient("throttled"),
  "retry-after-garbage": transient("throttled"),
  "error-in-success": transient("error_in_success"),
  "server-error": transient("http_503"),
  "502-html": transient("http_502"),
  "520-text": transient("http_520"),
  "html-page": transient("http_502"),
  redirect: transient("redirected"),
  "application-cannot-be-found": configuration("application_cannot_be_found"),
  "invalid-client": configuration("invalid_client"),
  "unauthorized-client": configuration("unauthorized_client"),
  "app-not-installed": needsReauth("app_not_installed", {
    outcome: "uninstalled",
    code: "app_not_installed",
    retryable: false,
  }),
  frozen: suspended("frozen"),
  locked: suspended("locked"),
  closed: suspended("closed"),
  "unknown-4xx": transient("unexpected_400"),
};

/** At one grant only; what they are at the others is "unknown". */
const AT_REFRESH = ["refresh-refused-401", "refresh-refused-400"];
const ELSEWHERE = ["invalid-jwt", "timeout", "subject-token-refused", "id-token-refused"];

test.concurrent("every row of the tables is played here or, by its name, elsewhere", () => {
  const played = [...Object.keys(AT_EVERY_GRANT), ...AT_REFRESH, ...ELSEWHERE];
  expect(TOKEN_ANSWERS.map(({ id }) => id).filter((id) => !played.includes(id))).toEqual([]);
  expect(ADMIN_ANSWERS.map(({ id }) => id).filter((id) => !(id in AT_THE_ADMIN_API))).toEqual([]);
  const names = [...TOKEN_ANSWERS, ...ADMIN_ANSWERS].map(({ id }) => id).filter((id) => id !== "invalid-jwt");
  expect(names.filter((id) => !(id in NAMED_FAULTS))).toEqual([]);
});

async function expectMarks(shop: string, expected: Expected): Promise<void> {
  expect(await h.marks(shop)).toMatchObject({
    needsReauthWhy: expected.needsReauth ?? null,
    suspendedWhy: expected.suspended ?? null,
  });
  expect(await h.tokenCalls(shop)).toHaveLength(expected.calls);
  expect(await h.sandbox.client.ledger.calls({ shop: REDIRECT_TARGET })).toEqual([]);
}

type AdminExpected = { code: string; reason: string; suspended?: string; verdict: string } | "healed";
const AT_THE_ADMIN_API: Record<string, AdminExpected> = {
  network: { code: "transient", reason: "network", verdict: "postpone" },
  "truncated-json": { code: "transient", reason: "broken_answer", verdict: "postpone" },
  "error-in-success": { code: "transient", reason: "error_in_success", verdict: "postpone" },
  unauthorized: "healed",
  "permanent-refused": "healed",
  throttled: { code: "transient", reason: "throttled", verdict: "postpone" },
  "retry-after-day": { code: "transient", reason: "throttled", verdict: "postpone" },
  "server-error": { code: "transient", reason: "http_503", verdict: "postpone" },
  "html-page": { code: "transient", reason: "http_502", verdict: "postpone" },
  redirect: { code: "transient", reason: "redirected", verdict: "postpone" },
  frozen: { code: "shop_suspended", reason: "frozen", suspended: "frozen", verdict: "park" },
  locked: { code: "shop_suspended", reason: "locked", suspended: "locked", verdict: "park" },
  "not-found": { code: "configuration", reason: "admin_api_not_found", verdict: "postpone" },
  "missing-scope": { code: "admin_api_refused", reason: "http_403", verdict: "fail" },
};

// First, because one of them waits longest.
describe.concurrent("the Admin API", () => {
  test.each(Object.entries(AT_THE_ADMIN_API))("%s", async (play, expected) => {
    const shop = await h.install("permanent");
    const times = expected === "healed" ? 1 : undefined;
    await h.sandbox.client.faults.add({ shop, endpoint: "graphql", play, times });
    const calling = h.process().admin(shop).graphql(SHOP_QUERY);
    if (expected === "healed") {
      await calling;
      await h.expectCurrent(shop);
      return;
    }
    const { code, reason } = expected;
    const error = await calling.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ code, reason, shop });
    expect(await h.marks(shop)).toMatchObject({ needsReauthWhy: null, suspendedWhy: expected.suspended ?? null });
    expect(judgeJobError(error)).toMatchObject({ verdict: expected.verdict });
    expect(await h.tokenCalls(shop)).toEqual([]);
    expect(await h.sandbox.client.ledger.calls({ shop: REDIRECT_TARGET })).toEqual([]);
  });

  test("a 404 after the token endpoint called the shop closed is the shop's", async () => {
    const shop = await h.install("permanent");
    await h.sandbox.client.close(shop);
    const tokens = h.process();
    await expect(tokens.admin(shop).graphql(SHOP_QUERY)).rejects.toMatchObject({ code: "configuration" });
    expect(await tokens.migrate(shop)).toMatchObject({ outcome: "suspended", code: "closed" });
    await expect(tokens.admin(shop).graphql(SHOP_QUERY)).rejects.toMatchObject({
      code: "shop_suspended",
      reason: "closed",
    });
  });

  test("with an unknown API version a refused permanent token stays undecided", async () => {
    const shop = await h.install("permanent");
    await h.sandbox.client.faults.add({ shop, grant: "migration", play: "subject-token-refused" });
    await h.sandbox.client.faults.add({ shop, endpoint: "graphql", play: "not-found" });
    expect(await h.process().migrate(shop)).toMatchObject({
      outcome: "failed",
      code: "admin_api_not_found",
      retryable: true,
    });
    expect(await h.marks(shop)).toMatchObject({ needsReauthWhy: null, suspendedWhy: null });
  });
});

describe.concurrent.each(Object.entries(AT_EVERY_GRANT))("the token endpoint: %s", (play, expected) => {
  test("refresh", async () => {
    const shop = await h.installExpired();
    const before = await h.row(shop);
    await h.sandbox.client.faults.add({ shop, endpoint: "token", play });
    await expect(h.process().getSession(shop)).rejects.toMatchObject({
      code: expected.code,
      reason: expected.reason,
      shop,
    });
    await expectMarks(shop, expected);
    expect(await h.row(shop)).toMatchObject({ accessToken: before!.accessToken, refreshToken: before!.refreshToken });
  });

  test("migration", async () => {
    const shop = await h.install("permanent");
    const before = await h.row(shop);
    await h.sandbox.client.faults.add({ shop, endpoint: "token", play });
    const migrated = h.process().migrate(shop);
    if (expected.outcome) expect(await migrated).toMatchObject({ ...expected.outcome, attempts: expected.calls });
    else await expect(migrated).rejects.toMatchObject({ code: expected.code, reason: expected.reason, shop });
    await expectMarks(shop, expected);
    expect(await h.row(shop)).toMatchObject({ accessToken: before!.accessToken, refreshToken: null });
  });

  test("ID token", async () => {
    const shop = await h.install("none");
    await h.sandbox.client.faults.add({ shop, endpoint: "token", play });
    const opened = h.process().getSession(shop, { idToken: await h.idToken(shop) });
    await expect(opened).rejects.toMatchObject({ code: expected.code, reason: expected.reason, shop });
    expect(await h.row(shop)).toBeUndefined();
    // A shop without a session has nothing to be marked for.
    await expectMarks(shop, { ...expected, needsReauth: undefined });
  });
});

test.concurrent.each(AT_REFRESH)(
  "a refused refresh token (%s): marked once, one call, the next visit heals",
  async (play) => {
    const shop = await h.installExpired();
    await h.sandbox.client.faults.add({ shop, grant: "refresh", play });
    const tokens = h.process();
    for (let i = 0; i < 2; i++)
      await expect(tokens.getSession(shop)).rejects.toMatchObject({ code: "reauthorization_required" });
    await expectMarks(shop, needsReauth("refresh_token_refused"));
    await tokens.getSession(shop, { idToken: await h.idToken(shop) });
    await h.expectCurrent(shop);
  },
);

test.concurrent("app_not_installed heals by the merchant's next visit, with one call", async () => {
  const shop = await h.installExpired();
  await h.sandbox.client.faults.add({ shop, grant: "refresh", play: "app-not-installed" });
  const tokens = h.process();
  const visit = async () => tokens.getSession(shop, { idToken: await h.idToken(shop) });
  await expect(visit()).rejects.toMatchObject({ reason: "app_not_installed" });
  expect(await h.tokenCalls(shop)).toHaveLength(1);
  await visit();
  expect(await h.tokenCalls(shop)).toHaveLength(2);
  await h.expectCurrent(shop);
});

test.concurrent(
  "a bounded Retry-After: a shop told to wait a day is asked again after ten minutes at most",
  async () => {
    const shop = await h.install("permanent");
    await h.sandbox.client.faults.add({ shop, endpoint: "token", play: "retry-after-day" });
    expect(await h.process().migrate(shop)).toMatchObject({ retryAfterMs: 600_000 });
  },
);

test.concurrent("a pair that could not be stored keeps Shopify's Retry-After", async () => {
  const shop = await h.install("expiring");
  const tokens = h.process();
  const issued = await h.sandbox.client.installShop(shop, { token: "expiring" });
  await h.sandbox.client.faults.add({ shop, grant: "refresh", play: "retry-after-day" });
  const session = (await tokens.getSession(shop)) as { accessToken?: string; refreshToken?: string };
  const candidate = Object.assign(Object.create(Object.getPrototypeOf(session) as object), session, {
    accessToken: issued.accessToken,
    refreshToken: issued.refreshToken,
    refreshTokenExpires: new Date(h.now() + 90 * 24 * HOUR_MS),
  }) as Parameters<typeof tokens.sessionStorage.storeSession>[0];
  const storing = Promise.resolve(tokens.sessionStorage.storeSession(candidate)).catch((error: unknown) => error);
  expect(await storing).toMatchObject({ code: "transient", retryAfterMs: expect.closeTo(600_000, -4) as number });
});
