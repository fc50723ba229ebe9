import type { Choices } from "../../../sandbox/platform/choices.ts";
import type { Answer } from "./merchants.ts";
import { judge, type Outcome, range, share } from "./outcome.ts";
import { onBoth, type Row, type ScenarioContext, shopNames, TOKEN_LATENCY } from "./scenario.ts";
import { createWorld, type Kind } from "./world.ts";

const TWO_HOURS_MS = 7_200_000;

/**
 * An expired session under 20 webhooks and 10 data requests at once. Twice, because Shopify does not say what becomes of a refresh
 * that arrives while another with the same token is being answered.
 */
export async function scenarioExpired(context: ScenarioContext): Promise<Row[]> {
  const rows: Row[] = [];
  for (const concurrentRefresh of ["new-pair", "refused"] as const) {
    const shops = shopNames(`expired-${concurrentRefresh}`, Math.max(4, Math.round(20 * context.scale)));
    const { plain, ours } = await onBoth((kind) => runOn(context, kind, shops, concurrentRefresh));
    const words = concurrentRefresh === "refused" ? "a second refresh refused" : "a second refresh served";
    const scenario = `expired session, 20 webhooks + 10 data requests, ${shops.length} shops; ${words}`;
    rows.push(
      {
        scenario,
        measure: "token calls per shop",
        plain: range(plain.calls),
        ours: range(ours.calls),
        required: "1",
        holds: ours.calls.least === 1 && ours.calls.most === 1,
      },
      {
        scenario,
        measure: "requests not answered 200",
        plain: share(plain.not200, plain.answers),
        ours: share(ours.not200, ours.answers),
        required: "0",
        holds: ours.not200 === 0,
      },
      {
        scenario,
        measure: "retired token stored",
        plain: share(plain.orphaned, shops.length),
        ours: share(ours.orphaned, shops.length),
        required: "0",
        holds: ours.orphaned === 0,
      },
    );
  }
  return rows;
}

async function runOn(
  { databases, seed, say }: ScenarioContext,
  kind: Kind,
  shops: string[],
  concurrentRefresh: Choices["concurrentRefresh"],
): Promise<Outcome> {
  const world = await createWorld({
    kind,
    databases,
    seed,
    choices: { concurrentRefresh, repeatedRefresh: "new-pair" },
  });
  try {
    await world.install(shops.map((shop) => ({ shop, token: "expiring" as const })));
    await world.sandbox.client.clock.advance(TWO_HOURS_MS);
    await world.expire(shops);
    await world.sandbox.client.faults.add(TOKEN_LATENCY);
    const answers: Answer[] = [];
    for (const shop of shops) {
      const { webhook, data } = world.merchants;
      const requests = Array.from({ length: 30 }, (_, index) => (index % 3 ? webhook(shop, index) : data(shop, index)));
      answers.push(...(await Promise.all(requests)));
    }
    const outcome = await judge(world, shops, answers);
    say(`${kind}, ${concurrentRefresh}: ${JSON.stringify(outcome)}`);
    return outcome;
  } finally {
    await world.close();
  }
}
