import { share } from "./outcome.ts";
import { onBoth, type Row, type ScenarioContext } from "./scenario.ts";
import { storm, type StormResult } from "./storm.ts";
import { createWorld, type Kind } from "./world.ts";

/** Everything at once. The plain app gets the same, without installations by code, and its migration is never killed. */
export async function scenarioStorm(context: ScenarioContext): Promise<Row[]> {
  const shops = Math.max(60, Math.round(2_000 * context.scale));
  const { plain, ours } = await onBoth((kind) => runOn(context, kind, shops));
  const scenario = `${shops} shops, every writer at random, 5% lost answers, 5% 5xx, 2% 429, SIGKILL (${ours.kills} times)`;
  const row = (measure: string, value: (result: StormResult) => number, whole = shops): Row => ({
    scenario,
    measure,
    plain: share(value(plain), whole),
    ours: share(value(ours), whole),
    required: "0",
    holds: value(ours) === 0,
  });
  return [
    row("shops orphaned", ({ orphaned }) => orphaned),
    { ...row("marked dead who are not", ({ wronglyDead }) => wronglyDead), plain: "– (marks nobody)" },
    {
      ...row("token calls side by side", ({ overlaps }) => overlaps),
      plain: String(plain.overlaps),
      ours: String(ours.overlaps),
    },
    row("afterwards: shops not answered 200", ({ stillBroken }) => stillBroken),
  ];
}

async function runOn(
  { databases, seed, scale, say }: ScenarioContext,
  kind: Kind,
  shops: number,
): Promise<StormResult> {
  const world = await createWorld({ kind, databases, seed });
  try {
    const result = await storm(world, { shops, seconds: Math.max(15, 90 * scale), merchants: 24, seed, say });
    say(`${kind}: ${JSON.stringify(result)}`);
    return result;
  } finally {
    await world.close();
  }
}
