import type { Answer } from "./merchants.ts";
import { judge, type Outcome, range, share } from "./outcome.ts";
import { onBoth, type Row, type ScenarioContext, shopNames, TOKEN_LATENCY } from "./scenario.ts";
import { createWorld, type Kind, type World } from "./world.ts";

/** First opens: one document per shop; then, for other shops, many documents and data requests at once over both processes. */
export async function scenarioOpens(context: ScenarioContext): Promise<Row[]> {
  const shops = Math.max(4, Math.round(20 * context.scale));
  const one = await onBoth((kind) =>
    runOn(context, kind, shopNames("one", shops), (world, shop) => [world.merchants.open(shop, 0)]),
  );
  const many = await onBoth((kind) =>
    runOn(context, kind, shopNames("many", shops), (world, shop) =>
      Array.from({ length: 40 }, (_, index) =>
        index % 2 ? world.merchants.data(shop, index >> 1) : world.merchants.open(shop, index >> 1),
      ),
    ),
  );
  return [
    ...rows(`one document, first open, ${shops} shops`, one, shops),
    ...rows(`20 documents and 20 data requests at once over both processes, ${shops} shops`, many, shops),
  ];
}

async function runOn(
  { databases, seed, say }: ScenarioContext,
  kind: Kind,
  shops: string[],
  requests: (world: World, shop: string) => Promise<Answer>[],
): Promise<Outcome> {
  const world = await createWorld({ kind, databases, seed });
  try {
    await world.install(shops.map((shop) => ({ shop, token: "none" as const })));
    await world.sandbox.client.faults.add(TOKEN_LATENCY);
    const answers: Answer[] = [];
    for (const shop of shops) answers.push(...(await Promise.all(requests(world, shop))));
    const outcome = await judge(world, shops, answers);
    say(`${kind}: ${JSON.stringify(outcome)}`);
    return outcome;
  } finally {
    await world.close();
  }
}

function rows(scenario: string, { plain, ours }: Record<Kind, Outcome>, shops: number): Row[] {
  const row = (measure: string, value: (outcome: Outcome) => string, required: string, holds: boolean): Row => ({
    scenario,
    measure,
    plain: value(plain),
    ours: value(ours),
    required,
    holds,
  });
  return [
    row("token calls per shop", ({ calls }) => range(calls), "1", ours.calls.least === 1 && ours.calls.most === 1),
    row("retired token stored", ({ orphaned }) => share(orphaned, shops), "0", ours.orphaned === 0),
    row("requests not answered 200", ({ not200, answers }) => share(not200, answers), "0", ours.not200 === 0),
  ];
}
