// Proves that doctor names what is wrong and the next safe step, in each phase.
import { generateKeyPairSync } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { cliAppHarness, seedPermanentShops } from "./cli-harness.ts";
import { type DoctorWorld, testUnfitDatabases } from "./doctor-unfit-tests.ts";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "cli-doctor-"));
  for (const value of [true, false])
    await writeFile(join(folder, `${value}.toml`), `[access_scopes]\nuse_legacy_install_flow = ${value}\n`);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function doctorWorld(): DoctorWorld {
  const world = cliAppHarness();
  const doctor = (toml: boolean) => world.tokens(["doctor", "--config", join(folder, `${toml}.toml`)]);
  return { world, doctor };
}

/** One job that was put off too often, and one that carries what no job may carry; the app runs both. */
async function buryJobs(world: DoctorWorld["world"]): Promise<void> {
  const shop = "doctor-0.myshopify.com";
  const fault = await world.sandbox.client.faults.add({
    shop,
    endpoint: "graphql",
    effect: { kind: "status", status: 503 },
  });
  await world.database.query(
    `INSERT INTO expand_contract_jobs.job (name, data, dead_letter) SELECT 'refresh-shop', data, 'dead-letters' FROM unnest($1::jsonb[]) AS t(data)`,
    [
      [
        { shop, postponed: 100 },
        { shop, accessToken: "x" },
      ].map((data) => JSON.stringify(data)),
    ],
  );
  const isDone = async () => {
    const { out } = await world.tokens(["dead-letters", "--json"]);
    expect(JSON.parse(out)).toMatchObject({ count: 2 });
  };
  await vi.waitFor(isDone, { timeout: 20_000, interval: 100 });
  await world.sandbox.client.faults.remove(fault);
}

// One after the other, as an operator goes through them: each phase takes up the database of the one before.
describe.concurrent("doctor", { timeout: 60_000 }, () => {
  const { world, doctor } = doctorWorld();

  describe("from phase to phase", { concurrent: false }, () => {
    it("in legacy names the door to open first, and a file that is ahead; migrating is refused", async () => {
      await world.restart("legacy");
      await seedPermanentShops(world.sandbox, world.database, "doctor", 3);
      const legacy = await doctor(true);
      expect(legacy.out).toMatch(
        /is in the phase legacy: migrating[\s\S]*! 3 permanent tokens to migrate[\s\S]*Next: Expand: set/,
      );
      expect(legacy.code).toBe(0);
      const tooEarly = await doctor(false);
      expect(tooEarly.out).toMatch(
        /✗ .*use_legacy_install_flow = false[\s\S]*Next: Set use_legacy_install_flow = true/,
      );
      expect(tooEarly.code).toBe(1);
      const refused = await world.tokens(["migrate"]);
      expect(refused).toMatchObject({ code: 2, out: "" });
      expect(refused.err).toMatch(/not ready[\s\S]*Expand first: set TOKEN_EXCHANGE_ENABLED=true/);
    });

    it("in expand leads through the migration to contract", async () => {
      await world.restart("expand");
      const expand = await doctor(true);
      expect(expand.out).toMatch(/phase expand: migrating[\s\S]*Next: Migrate the 3 permanent tokens/);
      expect(expand.code).toBe(0);
      expect((await world.tokens(["migrate"])).code).toBe(0);
      expect((await doctor(true)).out).toMatch(
        /phase expand: clean[\s\S]*✓ no permanent token[\s\S]*Next: Contract: set/,
      );
    });

    it("shows background jobs that failed for good, and gives them another chance", async () => {
      expect(await world.tokens(["dead-letters"])).toMatchObject({
        code: 0,
        out: expect.stringMatching(/^No background job/),
      });
      await buryJobs(world);
      expect((await doctor(true)).out).toMatch(/! 2 background jobs failed for good.*dead-letters/);

      const shown = await world.tokens(["dead-letters"]);
      expect(shown.out).toMatch(
        /^2 background jobs failed for good:\n[\s\S]*refresh-shop {2}doctor-0\.myshopify\.com {2}\(http_503, 1 attempt\)/,
      );
      expect(shown.out).toMatch(/Once the cause is repaired: .*dead-letters --retry/);

      const retried = await world.tokens(["dead-letters", "--retry", "--json"]);
      expect(JSON.parse(retried.out)).toMatchObject({
        retried: 1,
        count: 1,
        deadLetters: [{ job: "refresh-shop", code: "invalid_job_payload" }],
      });
      expect((await world.tokens(["dead-letters", "--retry"])).out).toMatch(
        /^0 background jobs given.*\n1 background job failed/,
      );
    });

    it("tries an application-only token on the platform, and says what is missing without a key", async () => {
      const shop = "doctor-probe.myshopify.com";
      const probe = (name: string) => world.tokens(["doctor", "--probe-application-token", name]);
      await world.sandbox.client.installShop(shop);
      const without = await probe(shop);
      expect(without).toMatchObject({ code: 1 });
      expect(without.out).toMatch(/no_key[^]*SHOPIFY_APP_PRIVATE_KEY and SHOPIFY_APP_KEY_ID/);

      const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2_048 });
      await world.sandbox.client.appKeys.add("doctor", publicKey.export({ type: "spki", format: "pem" }) as string);
      const pem = privateKey.export({ type: "pkcs8", format: "pem" }) as string;
      const running = await world.restart("expand", { SHOPIFY_APP_PRIVATE_KEY: pem, SHOPIFY_APP_KEY_ID: "doctor" });
      const said = await probe(shop);
      expect(said).toMatchObject({ code: 0, err: "" });
      expect(said.out).toMatch(/3600 s, and the Admin API accepts it/);
      expect(await probe("nonsense")).toMatchObject({ code: 2 });
      expect(await world.sandbox.client.ledger.findSecrets(said.out + running.logs())).toEqual([]);
      await world.restart("expand");
    });

    it("in contract sees a file that is behind, and a permanent token that came from outside", async () => {
      await world.restart("contract");
      const contract = await doctor(false);
      expect(contract.out).toMatch(/phase contract: clean/);
      expect(contract.code).toBe(0);
      const behind = await doctor(true);
      expect(behind.out).toMatch(/✗ .*new merchants cannot install/);
      expect(behind.code).toBe(1);

      await seedPermanentShops(world.sandbox, world.database, "stray", 1);
      const regression = await doctor(false);
      expect(regression.out).toMatch(/phase contract: regression\n {2}✗ permanent tokens were stored after contract/);
      expect(regression.code).toBe(1);
      const machine = await world.tokens(["doctor", "--json", "--config", join(folder, "false.toml")]);
      expect(JSON.parse(machine.out)).toMatchObject({
        health: { verdict: "regression" },
        nextStep: expect.any(String) as string,
      });
    });
  });
});

testUnfitDatabases(doctorWorld);
