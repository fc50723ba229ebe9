#!/usr/bin/env node
/** The operator's command line: `npm run tokens -- migrate|status|watch|stop|failures|doctor`. It speaks HTTP only. */
import { Command, InvalidArgumentError, Option } from "commander";
import {
  doctor,
  EXIT,
  failures,
  migrate,
  status,
  stop,
  watch,
  type MigrateFlags,
  type Surroundings,
} from "./commands.ts";
import { createOperatorClient, type OperatorClient } from "./operator-client.ts";
import { OperatorError } from "./operator-error.ts";

type Action = (client: OperatorClient, at: Surroundings) => Promise<number>;

/** The command line, for an environment and a place to write to. Sets the process's exit code. */
export function createProgram(
  env: NodeJS.ProcessEnv = process.env,
  write = { out: (line: string) => console.log(line), note: (line: string) => console.error(line) },
): Command {
  const program = new Command("tokens")
    .description(
      "Moves an app's shops from permanent to expiring offline tokens. The secret is read from MIGRATION_SECRET.",
    )
    .addOption(new Option("--url <url>", "where the app answers").env("TOKENS_URL").default("http://127.0.0.1:3000"))
    .option("--json", "write JSON for machines, one object a line", false)
    .addHelpText(
      "after",
      "\nExit codes of migrate and watch: 0 no permanent token remains that could have been migrated · 1 some remain · 2 the command failed · 130 detached",
    );

  /** Runs an action with what every command has in common: the client, Ctrl-C, and errors with their remedy. */
  const run = async (action: Action): Promise<void> => {
    const { url, json } = program.opts<{ url: string; json: boolean }>();
    const interrupted = new AbortController();
    const onInterrupt = () => interrupted.abort();
    process.once("SIGINT", onInterrupt);
    try {
      const client = createOperatorClient({ url, secret: env["MIGRATION_SECRET"] });
      const isTerminal = Boolean(process.stderr.isTTY);
      process.exitCode = await action(client, { json, isTerminal, ...write, interrupted: interrupted.signal });
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error;
      process.exitCode = EXIT.failed;
      if (json) write.out(JSON.stringify({ error: error.code, message: error.message, remedy: error.remedy }));
      else write.note(`${error.message}\n  → ${error.remedy}`);
    } finally {
      process.removeListener("SIGINT", onInterrupt);
    }
  };

  // `--url` and `--json` may stand before or after the command.
  const command = (name: string, description: string) =>
    program
      .command(name)
      .description(description)
      .option("--url <url>", "where the app answers")
      .option("--json", "write JSON for machines")
      .hook("preAction", (_, self) => {
        const { url, json } = self.opts<{ url?: string; json?: boolean }>();
        if (url !== undefined) program.setOptionValueWithSource("url", url, "cli");
        if (json) program.setOptionValueWithSource("json", true, "cli");
      });

  command("migrate", "start a run, or join the one there is, and follow it")
    .option("--dry-run", "say what would be done and how long it would take; change nothing")
    .option("--limit <shops>", "take up at most so many shops", wholeNumber)
    .option("--shop <domain>", "only this shop; may be repeated", collect)
    .option("--concurrency <calls>", "calls at once, per instance of the app", wholeNumber)
    .option("--waves <shares>", 'rising shares, each judged before the next, e.g. "1%,10%,100%"')
    .addOption(
      new Option("--verify <which>", "prove new pairs with one Admin call").choices(["auto", "all", "sample", "none"]),
    )
    .option("--failure-threshold <percent>", "final failures above which the run halts", wholeNumber)
    .option("--detach", "start, and do not follow")
    .action((flags: MigrateFlags & { url?: string; json?: boolean }) => {
      const { url: _url, json: _json, ...rest } = flags;
      return run((client, at) => migrate(client, rest, at));
    });
  command("status [run]", "how the latest run stands, or the named one").action((id?: string) =>
    run((client, at) => status(client, id, at)),
  );
  command("watch [run]", "follow a run until it ends").action((id?: string) =>
    run((client, at) => watch(client, id, at)),
  );
  command("stop [run]", "stop a run after the calls in flight").action((id?: string) =>
    run((client, at) => stop(client, id, at)),
  );
  command("failures [run]", "every shop that could not be brought over, and why")
    .option("--csv", "as CSV")
    .action((id: string | undefined, format: { csv?: boolean }) =>
      run((client, at) => failures(client, id, format, at)),
    );
  command("doctor", "compare flags, shopify.app.toml and database, and name the next safe step")
    .option("--config <file>", "the app's configuration file", "shopify.app.toml")
    .action(({ config }: { config: string }) => run((client, at) => doctor(client, config, at)));
  return program;
}

function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError("It must be a whole number.");
  return Number(text);
}

function collect(shop: string, before: string[] = []): string[] {
  return [...before, shop];
}

if (import.meta.main) await createProgram().parseAsync();
