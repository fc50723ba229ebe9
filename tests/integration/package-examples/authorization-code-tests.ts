// What the authorization code strategies do with the package's storage, alone and wrapped, minified and as they are: nothing for a stranger, a renewed token for its merchant.
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { PROJECT_ROOT } from "../../../scripts/project-root.ts";
import { throughSandbox } from "../../support/app-requests.ts";
import { BROWSER_USER_AGENT } from "../../support/browser.ts";
import { TEST_APP } from "../../support/sandbox.ts";
import { olderPeers, PRISMA_SESSIONS } from "./examples.ts";
import { type PackedExamples, run } from "./packed-examples.ts";

const CASES = [
  ["express", "alone", "a minified bundle"],
  ["express", "wrapped", "a minified bundle"],
  ["remix", "alone", "a minified bundle"],
  ["remix", "wrapped", "a minified bundle"],
  // As it is, the library for Express requires the CommonJS build of @shopify/shopify-api, and the package imports the other.
  ["express", "alone", "the source"],
  ["express", "wrapped", "the source"],
] as const;

const EXPIRE = `UPDATE "Session" SET "expires" = ${PRISMA_SESSIONS.expire}`;

/** In a process of its own: the simulator answers from this one. */
const bundle = (folder: string) =>
  run(
    process.execPath,
    [join(PROJECT_ROOT, "node_modules/vite/bin/vite.js"), "build", "--config", "bundle.config.mjs"],
    {
      cwd: folder,
    },
  );

export function testAuthorizationCode(packed: PackedExamples): void {
  let bundled: Promise<unknown> | undefined;

  describe.concurrent.for(CASES)(
    "%s with the authorization code strategy, its storage %s, run from %s",
    ([framework, how, source]) => {
      beforeEach(packed.skipWithoutRegistry);

      test(
        "asks nothing about a shop that a stranger names, leads its link into the Admin, and renews for its merchant",
        { timeout: 120_000 },
        async ({ onTestFinished }) => {
          const isBundled = source === "a minified bundle";
          if (isBundled) await (bundled ??= bundle(packed.folder));
          const args = [
            isBundled ? "bundled/main.js" : "authorization-code.mjs",
            framework,
            ...(how === "wrapped" ? [how] : []),
          ];
          const app = await packed.serve(args, PRISMA_SESSIONS);
          onTestFinished(() => app.database.drop());
          const { client } = packed.sandbox;
          const victim = `${isBundled ? "bundled" : "source"}-${framework}-${how}.myshopify.com`;
          const stranger = { "User-Agent": BROWSER_USER_AGENT };
          const pair = await client.installShop(victim, { token: "expiring" });
          await app.database.query(
            `INSERT INTO "Session" ("id", "shop", "state", "isOnline", "scope", "expires", "accessToken", "refreshToken", "refreshTokenExpires")
             VALUES ($1, $2, '', false, $3, now() AT TIME ZONE 'UTC' + interval '1 hour', $4, $5, now() AT TIME ZONE 'UTC' + interval '80 days')`,
            [`offline_${victim}`, victim, TEST_APP.scopes.join(","), pair.accessToken, pair.refreshToken],
          );
          const calls = () => client.ledger.calls({ shop: victim });
          const before = await calls();
          const host = Buffer.from("admin.shopify.com/store/x").toString("base64url");
          const visit = (shop: string, query = "") =>
            fetch(new URL(`/?shop=${shop}&host=${host}${query}`, app.origin), {
              redirect: "manual",
              headers: stranger,
            });
          for (const age of ["fresh", "expired"]) {
            if (age === "expired") await app.database.query(EXPIRE);
            const outside = await visit(victim);
            expect([outside.status, outside.headers.get("location")], age + app.output()).toEqual([
              302,
              expect.stringMatching(/^https:\/\/admin\.shopify\.com\/store\/x\/apps\//),
            ]);
            await visit(victim, "&embedded=1");
            expect(await calls(), age + app.output()).toEqual(before);
          }
          const Authorization = `Bearer ${await client.idToken(victim)}`;
          const opened = await fetch(new URL("/api/shop", app.origin), { headers: { ...stranger, Authorization } });
          expect(opened.status, app.output()).toBe(200);
          const tokenCalls = (await calls()).filter(({ endpoint }) => endpoint === "token");
          expect(tokenCalls.map(({ grant }) => grant)).toEqual(["refresh"]);
          const stranded = await visit(`nobody-${victim}`);
          expect([stranded.status, stranded.headers.get("location")], app.output()).toEqual([
            302,
            expect.stringMatching(/\/oauth\/authorize\?|^\/api\/auth\?/),
          ]);
        },
      );
    },
  );

  describe.concurrent.for(["express", "remix"])(
    "an app of %s that is not embedded, with the authorization code grant",
    (framework) => {
      beforeEach((context) => {
        packed.skipWithoutRegistry(context);
        if (olderPeers) context.skip("older libraries ask for permanent tokens");
      });

      test(
        "its callback stores a pair, runs afterAuth once, and the session that its cookie names is renewed",
        { timeout: 120_000 },
        async ({ onTestFinished }) => {
          const app = await packed.serve(["authorization-code.mjs", framework, "wrapped", "alone"], PRISMA_SESSIONS);
          onTestFinished(() => app.database.drop());
          const { client } = packed.sandbox;
          const shop = `cookie-${framework}.myshopify.com`;
          await client.installShop(shop, { token: "none" });
          const cookies = new Map<string, string>();
          const visit = async (path: string) => {
            const headers = {
              "User-Agent": BROWSER_USER_AGENT,
              Cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join("; "),
            };
            const answer = await fetch(new URL(path, app.origin), { redirect: "manual", headers });
            for (const cookie of answer.headers.getSetCookie()) {
              const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie)!;
              cookies.set(name!, value!);
            }
            return answer;
          };
          const begun = await visit(`${framework === "express" ? "/api/auth" : "/auth"}?shop=${shop}`);
          const { location } = await throughSandbox(packed.sandbox, new URL(begun.headers.get("location")!));
          const { pathname, search } = new URL(location);
          expect((await visit(pathname + search)).status, app.output()).toBe(302);
          if (framework === "remix") expect(app.output().match(/afterAuth of/g)).toHaveLength(1);

          await app.database.query(EXPIRE);
          expect((await visit(framework === "express" ? "/api/shop" : "/app")).status, app.output()).toBe(200);
          const tokenCalls = await client.ledger.calls({ shop, endpoint: "token" });
          expect(tokenCalls.map(({ grant }) => grant)).toEqual(["authorization_code", "refresh"]);
          const [row] = await app.database.query<{ accessToken: string; refreshToken: string }>(
            `SELECT "accessToken", "refreshToken" FROM "Session"`,
          );
          expect(await client.ledger.isCurrentPair(shop, row!)).toBe(true);
        },
      );
    },
  );
}
