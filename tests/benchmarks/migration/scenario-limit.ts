import type { Call } from "../../../sandbox/platform/types.ts";
import { percent, rounded, secondsOf, type Scenario } from "./scenario.ts";

const SHOPS = 6_000;
const LIMIT = { perSecond: 60, burst: 20, per: "app" as const };
/** What had left before a refusal could be read: the way to the simulator, TLS handshake included. */
const ON_THE_WAY_MS = 100;
const SCRIPT_SECONDS = 15;

/** A token endpoint with a limit that the app does not know. */
export const limit: Scenario = async ({ bench, scale, say }) => {
  const shops = Math.round(SHOPS * scale);
  await bench.reset();
  await bench.seed(3_000);
  await bench.simulator.tokenRateLimit(LIMIT);
  const script = await bench.documentedScript(SCRIPT_SECONDS);
  const scriptCalls = await bench.simulator.ledger.calls({ endpoint: "token" });
  const scriptRefused = scriptCalls.filter((call) => call.status === 429).length;

  await bench.reset();
  await bench.seed(shops);
  const instance = await bench.startInstance();
  await bench.simulator.tokenRateLimit(LIMIT);
  const run = await bench.run();
  await bench.stop(instance);
  const calls = await bench.simulator.ledger.calls({ endpoint: "token" });
  const refused = calls.filter((call) => call.status === 429);
  const early = earlyOf(calls);
  const ideal = (shops - LIMIT.burst) / LIMIT.perSecond;
  const ratio = secondsOf(run) / ideal;
  say(
    `app: ${rounded(secondsOf(run))} s of ideal ${rounded(ideal)}; ${refused.length} of ${calls.length} refused; ${early.length} early`,
  );
  const complete = run.migrated === shops && run.permanentTokens === 0;
  return [
    {
      measure: `limit of ${LIMIT.perSecond} calls/s, burst ${LIMIT.burst}, ${shops} shops: total ÷ ideal time`,
      script:
        script.failed > 0
          ? `leaves ${script.failed} of ${script.shops + script.failed} behind`
          : "its pace is below the limit",
      ours: rounded(ratio, 3),
      required: "≤ 1.20",
      holds: complete && ratio <= 1.2,
    },
    {
      measure: "the same: calls answered 429",
      script: percent(scriptCalls.length > 0 ? scriptRefused / scriptCalls.length : 0),
      ours: percent(refused.length / calls.length),
      required: "≤ 4%",
      holds: refused.length <= 0.04 * calls.length,
    },
    {
      measure: "the same: calls before a Retry-After had passed",
      script: String(earlyOf(scriptCalls).length),
      ours: String(early.length),
      required: "0",
      holds: early.length === 0,
    },
  ];
};

function earlyOf(calls: readonly Call[]): Call[] {
  const refused = calls.filter((call) => call.status === 429);
  return calls.filter(({ startedWall }) =>
    refused.some(
      ({ endedWall, retryUntilWall }) => startedWall > endedWall! + ON_THE_WAY_MS && startedWall < retryUntilWall! - 5,
    ),
  );
}
