import { AppStartError } from "../../app-process.ts";
import { PHASES } from "../demo-app.ts";
import { createOperator } from "../operator.ts";
import { CheckFailed, ensure, ensureEqual } from "../report.ts";
import type { TourContext } from "./tour-context.ts";
import { countPermanentTokens, mark, tokenCalls } from "./evidence.ts";

/** 3. What must not be done is refused, with the remedy, before anything happened. */
export async function playWrongOrder({ stage, report }: TourContext): Promise<void> {
  const since = await mark(stage);
  const before = await countPermanentTokens(stage);

  await report.check("both doors closed: refused at start, “expand before you contract”", async () => {
    const words = await refusedStart({ TOKEN_EXCHANGE_ENABLED: "false", LEGACY_INSTALL_FLOW_ENABLED: "false" });
    ensure(/expand before you contract/i.test(words), `the refusal does not say what to do:\n${words}`);
  });
  await report.check("contract before the migration: refused at start, with the steps to take", async () => {
    const words = await refusedStart(PHASES.contract);
    ensure(
      words.includes("permanent tokens") && words.includes("LEGACY_INSTALL_FLOW_ENABLED=true"),
      `unclear:\n${words}`,
    );
  });
  await report.check("migration with token exchange off: 409 flow_not_ready", async () => {
    await stage.runner.start(PHASES.legacy);
    const operator = createOperator(stage.runner.url, stage.migrationSecret);
    const { status, body } = await operator.post<{ code: string; detail: string }>("/admin/migrate-tokens");
    ensureEqual(status, 409, "status");
    ensureEqual(body.code, "flow_not_ready", "code");
    ensure(body.detail.includes("TOKEN_EXCHANGE_ENABLED"), "the answer does not name the remedy");
  });
  await report.check("Shopify saw no token call meanwhile, and no row changed", async () => {
    ensureEqual((await tokenCalls(stage, undefined, since)).length, 0, "token calls");
    ensureEqual(await countPermanentTokens(stage), before, "permanent tokens in the database");
  });

  async function refusedStart(env: Record<string, string>): Promise<string> {
    try {
      await stage.runner.start(env);
    } catch (error) {
      if (!(error instanceof AppStartError)) throw error;
      ensure(error.exitCode !== 0 && error.exitCode !== null, "the app did not end by itself with an error");
      return error.logs;
    }
    throw new CheckFailed("the app started");
  }
}
