import { EXIT, type Surroundings } from "./commands.ts";
import { completeCommands } from "./complete-commands.ts";
import type { Finding } from "./doctor-finding.ts";
import { examine, judgeReadiness } from "./doctor.ts";
import type { HealthReport, OperatorClient } from "./operator-client.ts";
import { OperatorError } from "./operator-error.ts";
import { readTomlInstallFlow } from "./read-toml-install-flow.ts";

/** Compares phase, shopify.app.toml, database and latest run, and names the next safe step. */
export async function runDoctor(client: OperatorClient, tomlFile: string, at: Surroundings): Promise<number> {
  const isReady = await client.isReady();
  let health: HealthReport;
  try {
    health = await client.health();
  } catch (error) {
    const code = error instanceof OperatorError ? error.code : undefined;
    if (code === "storage_unfit" || code === "database_unreachable") {
      const { remedy } = error as OperatorError;
      const nextStep = code === "storage_unfit" ? `Mend the database. ${remedy}` : BRING_BACK;
      return report({ findings: [{ level: "problem", code, text: remedy }], nextStep }, at);
    }
    if (isReady || code !== "app_failed") throw error;
    return report({ findings: [judgeReadiness(false)], nextStep: BRING_BACK }, at);
  }
  const refused: OperatorError[] = [];
  // What one table keeps from being answered does not keep the rest from being said.
  const answered = <T>(answer: Promise<T>, otherwise: T): Promise<T> =>
    answer.catch((error: unknown) => {
      if (!(error instanceof OperatorError) || !OF_THE_DATABASE.has(error.code)) throw error;
      refused.push(error);
      return otherwise;
    });
  const [latestRun, letters, toml, leftovers, scopes] = await Promise.all([
    answered(client.latestRun(), undefined),
    answered(client.deadLetters(), { count: 0, deadLetters: [] }),
    readTomlInstallFlow(tomlFile),
    answered(client.leftovers(100), []),
    answered(client.scopes(), undefined),
  ]);
  const unanswered = [...new Set(refused.map(({ remedy }) => remedy))];
  const situation = { isReady, health, latestRun, deadLetters: letters.count, toml, leftovers, scopes, unanswered };
  const { findings, nextStep } = examine(situation, at.command);
  if (!at.json) at.out(at.paint.strong(`${client.origin} is in the phase ${health.phase}: ${health.verdict}`));
  return report({ health, findings, nextStep }, at);
}

const BRING_BACK = "Bring the app's database back: see its log, and `npm run db:deploy`.";

/** Refusals of the app that say something about its database. */
const OF_THE_DATABASE = new Set(["storage_unfit", "database_unreachable", "app_failed"]);

function report(result: { health?: HealthReport; findings: Finding[]; nextStep: string }, at: Surroundings): number {
  if (at.json) at.out(JSON.stringify(result));
  else {
    const mark = { ok: at.paint.good("✓"), attention: at.paint.attention("!"), problem: at.paint.bad("✗") };
    for (const { level, text } of result.findings) at.out(`  ${mark[level]} ${completeCommands(text, at.command)}`);
    at.out(`${at.paint.strong("Next:")} ${completeCommands(result.nextStep, at.command)}`);
  }
  return result.findings.some(({ level }) => level === "problem") ? EXIT.notDone : EXIT.done;
}
