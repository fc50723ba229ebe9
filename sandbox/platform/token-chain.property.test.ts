// Proves that no sequence of events breaks a rule of a shop's tokens.
import fc from "fast-check";
import { expect, test } from "vitest";

import type { Choices } from "./choices.ts";
import { CLIENT_SECRET, createTestPlatform } from "./test-platform.ts";
import { type PairHistory, type PermanentHistory, step, type Step } from "./token-history.ts";

/**
 * No sequence of events breaks a rule. The oracle below knows nothing of the implementation's state: it judges every
 * answer from the history of what was asked and answered, in the words of docs/platform-rules.md.
 */
const SHOP = "a.myshopify.com";
const DAY = 86_400_000;

function play(steps: readonly Step[], choices: Partial<Choices>): void {
  const platform = createTestPlatform({ choices });
  platform.installShop(SHOP);
  let installed = true;
  let secret = CLIENT_SECRET;
  const pairs: PairHistory[] = [];
  const permanents: PermanentHistory[] = [];
  let newest: PairHistory | undefined;

  const retireAll = (): void => {
    for (const pair of pairs) pair.refreshDead = true;
    for (const permanent of permanents) permanent.retryClosed = permanent.migratedAt !== undefined;
    newest = undefined;
  };
  const note = (body: Record<string, unknown>, parent?: PairHistory): PairHistory => {
    expect(body).toMatchObject({ expires_in: 3600, refresh_token_expires_in: 7_776_000, scope: "read_products" });
    const pair: PairHistory = {
      access: body.access_token as string,
      refresh: body.refresh_token as string,
      accessUntil: platform.clock.now() + 3_600_000,
      issuedAt: platform.clock.now(),
      secret,
      parent,
      refreshDead: false,
      dead: false,
    };
    pairs.push(pair);
    newest = pair;
    return pair;
  };

  for (const it of steps) {
    const now = platform.clock.now();
    switch (it.do) {
      case "acquire": {
        const answer = platform.acquire(SHOP, { expiring: it.expiring, secret });
        if (!installed) {
          expect(answer).toMatchObject({ status: 400, body: { error: "invalid_subject_token" } });
          break;
        }
        expect(answer.status).toBe(200);
        retireAll();
        if (it.expiring) note(answer.body);
        else {
          expect(Object.keys(answer.body)).toEqual(["access_token", "scope"]);
          const access = answer.body.access_token as string;
          if (!permanents.some((permanent) => permanent.access === access && !permanent.dead)) {
            permanents.push({ access, secret, dead: false, retryClosed: false });
          }
        }
        break;
      }
      case "migrate": {
        const permanent = permanents.at(-1 - it.pick);
        if (!permanent) break;
        const answer = platform.migrate(SHOP, permanent.access, { secret });
        if (installed && !permanent.dead && permanent.migratedAt === undefined) {
          expect(answer.status).toBe(200);
          retireAll();
          Object.assign(permanent, { migratedAt: now, migratedWith: secret, retryClosed: false });
          permanent.pair = note(answer.body);
        } else {
          const again =
            installed &&
            !permanent.dead &&
            !permanent.retryClosed &&
            now < (permanent.migratedAt as number) + 7 * DAY &&
            permanent.migratedWith === secret;
          expect(answer.status, JSON.stringify(answer)).toBe(again ? 200 : 400);
          if (again) {
            const pair = permanent.pair as PairHistory;
            expect(answer.body).toMatchObject({ access_token: pair.access, refresh_token: pair.refresh });
            expect(answer.body.refresh_token_expires_in).toBe(Math.ceil((pair.issuedAt + 90 * DAY - now) / 1000));
            expect(answer.body.expires_in).toBeGreaterThanOrEqual(300);
            pair.accessUntil = now + (answer.body.expires_in as number) * 1000;
          } else expect(answer.body).toMatchObject({ error: "invalid_subject_token" });
        }
        break;
      }
      case "refresh": {
        const pair = pairs.at(-1 - it.pick);
        if (!pair) break;
        const answer = platform.refresh(SHOP, pair.refresh, { secret });
        const usable =
          installed &&
          !pair.dead &&
          !pair.refreshDead &&
          now < pair.issuedAt + 90 * DAY &&
          (pair.firstUse === undefined || now < pair.firstUse + 30 * DAY);
        expect(answer.status, JSON.stringify({ answer, pair })).toBe(usable ? 200 : 401);
        if (!usable) {
          expect(answer.body).toEqual({
            error: "invalid_request",
            error_description: "This request requires an active refresh_token",
          });
          break;
        }
        for (const permanent of permanents) if (permanent.pair === pair) permanent.retryClosed = true;
        // Using a replacement retires what it replaced.
        if (pair.parent) pair.parent.refreshDead = true;
        if (pair.firstUse !== undefined && choices.repeatedRefresh === "same-pair") {
          const same = newest as PairHistory;
          expect(answer.body).toMatchObject({ access_token: same.access, refresh_token: same.refresh });
          same.accessUntil = now + (answer.body.expires_in as number) * 1000;
          break;
        }
        if (pair.firstUse !== undefined) for (const other of pairs) if (other.parent === pair) other.refreshDead = true;
        pair.firstUse ??= now;
        note(answer.body, pair);
        break;
      }
      case "advance":
        platform.advance(it.ms);
        break;
      case "uninstall":
        platform.uninstallShop(SHOP);
        installed = false;
        for (const token of [...pairs, ...permanents]) token.dead = true;
        newest = undefined;
        break;
      case "reinstall":
        platform.installShop(SHOP);
        installed = true;
        break;
      case "rotate":
        secret = platform.rotateSecret();
        break;
      case "revoke-old-secrets":
        platform.revokeOldSecrets();
        for (const pair of pairs) if (pair.secret !== secret) pair.dead = true;
        // A spent permanent token stands for the exchange that spent it, which has credentials of its own.
        for (const permanent of permanents)
          if ((permanent.migratedWith ?? permanent.secret) !== secret) permanent.dead = true;
        if (newest?.dead) newest = undefined;
        break;
    }
    checkAccess();
    checkOneRefreshable();
  }

  function checkAccess(): void {
    const now = platform.clock.now();
    for (const pair of pairs) {
      const { allowed } = platform.adminAccess(SHOP, pair.access);
      expect(allowed, "access token lives out its hour").toBe(installed && !pair.dead && now < pair.accessUntil);
    }
    for (const permanent of permanents) {
      const lives = installed && !permanent.dead && permanent.migratedAt === undefined;
      const { choices: chosen } = platform.state;
      chosen.enforcement = "off";
      expect(platform.adminAccess(SHOP, permanent.access).allowed).toBe(lives);
      chosen.enforcement = "on";
      expect(platform.adminAccess(SHOP, permanent.access).allowed, "refused after the cut-off").toBe(false);
      chosen.enforcement = "by-date";
    }
  }

  function checkOneRefreshable(): void {
    const { head } = platform.state.shops.get(SHOP)!.tokens;
    expect(head?.refreshToken, "one refreshable pair: the newest").toBe(newest?.refresh);
    if (newest) {
      expect(platform.isCurrentPair(SHOP, { accessToken: newest.access, refreshToken: newest.refresh })).toBe(true);
      expect(platform.orphans([{ shop: SHOP, accessToken: newest.access, refreshToken: newest.refresh }])).toEqual([]);
    }
  }
}

for (const repeatedRefresh of ["new-pair", "same-pair"] as const) {
  test(`no sequence of events breaks a rule (repeated refresh: ${repeatedRefresh})`, () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: "max" }), (steps) => play(steps, { repeatedRefresh })),
      { numRuns: 500 },
    );
  });
}
