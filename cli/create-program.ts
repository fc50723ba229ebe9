import { readFileSync } from "node:fs";
import { Argument, Command, InvalidArgumentError, Option } from "commander";
import { deadLetters, failures, goOn, migrate, runs, status, stop, watch, type MigrateFlags } from "./commands.ts";
import { convertTokens } from "./convert-tokens.ts";
import { repin, type RepinFlags } from "./repin.ts";
import { shopOfInput } from "../app/auth/install/shop-of-input.ts";
import { makeTokenKey } from "../app/tokens/sealing/token-keys.ts";
import { completionScript, type Shell, SHELLS } from "./completion.ts";
import { shop, shops, type ShopsFlags } from "./shop-commands.ts";
import { probeApplicationToken } from "./probe-application-token.ts";
import { addLocalCommands } from "./local-commands.ts";
import { perform, type CommonFlags } from "./perform.ts";
import { runDoctor } from "./run-doctor.ts";

const { version: VERSION } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
  version: string;
};

const EXIT_CODES = `
Exit codes
  0    migrate, watch: no permanent token remains that could have been migrated
       doctor, scan: nothing is wrong; repin: the previous client secret may be revoked; other commands, dry runs and --detach: done
  1    migrate, watch: some remain, or there is no run to watch · doctor, scan: something is wrong
       repin: the previous client secret may not be revoked yet
  2    a wrong option, an unknown run, or the app could not be asked
  130  detached by Ctrl-C; the run goes on`;

const ENVIRONMENT = `
Environment
  MIGRATION_SECRET          the app's own value, also read from .env in this folder; never an argument
  APP_URL, SHOPIFY_APP_URL  where the app answers, when --url does not say (in this order; never read from .env)
  NO_COLOR                  no colours

Examples
  npm run tokens -- doctor --url https://app.example.com
  npm run tokens -- migrate --dry-run
  npm run tokens -- migrate --waves 1%,10%,100%
  npm run -s tokens -- failures --csv > failures.csv      (-s: npm itself writes nothing)
${EXIT_CODES}`;

/** The command line. Running it sets the process's exit code; wrong options throw commander's CommanderError. */
export function createProgram(env: NodeJS.ProcessEnv = process.env, name = "tokens"): Command {
  const program = new Command(name)
    .usage("<command> [options]")
    .description("Moves an app's shops from permanent to expiring offline tokens, and tells how that stands.")
    .version(VERSION)
    .exitOverride()
    .showHelpAfterError("(--help shows what there is)")
    .configureHelp({ showGlobalOptions: false })
    .addHelpText("after", ENVIRONMENT);

  const command = (name: string, description: string) =>
    program
      .command(name)
      .description(description)
      .option("--url <address>", "where the app answers (default: APP_URL, SHOPIFY_APP_URL, http://localhost:3000)")
      .option("--json", "write JSON for machines, one object a line");

  command("migrate", "start a run, or join the one there is, and follow it to its end")
    .option("--dry-run", "say what would be done and how long it would take; change nothing")
    .option("--limit <shops>", "take up at most this many shops", aCount)
    .option("--shop <domains...>", "only these shops; may be repeated", aShop)
    .option("--concurrency <calls>", "calls at once, per instance of the app", aNumber)
    .option("--waves <shares>", 'rising shares of all shops, each judged before the next: "1%,10%,100%"')
    .option(
      "--pause-between <seconds|confirm>",
      "wait between waves: seconds, or `confirm` to wait for `tokens continue`",
      secondsOrConfirm,
    )
    .addOption(
      new Option("--verify <which>", "which new pairs are proven with one Admin call (default: auto)").choices([
        "auto",
        "all",
        "sample",
        "none",
      ]),
    )
    .option("--failure-threshold <percent>", "final failures above which the run halts itself", aNumber)
    .option("--detach", "start, and do not follow")
    .addHelpText("after", EXIT_CODES)
    .action((flags: CommonFlags & MigrateFlags) => {
      const { url: _url, json: _json, ...options } = flags;
      return perform(flags, env, (client, at) => migrate(client, options, at));
    });
  command("status [run]", "how the latest run stands, or the named one").action((id: string | undefined, flags) =>
    perform(flags, env, (client, at) => status(client, id, at)),
  );
  command("watch [run]", "follow a run to its end")
    .addHelpText("after", EXIT_CODES)
    .action((id: string | undefined, flags) => perform(flags, env, (client, at) => watch(client, id, at)));
  command("runs", "the latest runs, the newest first")
    .option("--limit <runs>", "how many, up to 100", upTo100, 20)
    .action((flags: CommonFlags & { limit: number }) => perform(flags, env, (client, at) => runs(client, flags, at)));
  command("continue [run]", "let a run that waits between two waves go on").action((id: string | undefined, flags) =>
    perform(flags, env, (client, at) => goOn(client, id, at)),
  );
  command("stop [run]", "stop a run after the calls in flight; it can be started again at any time").action(
    (id: string | undefined, flags) => perform(flags, env, (client, at) => stop(client, id, at)),
  );
  command("failures [run]", "every shop that could not be migrated, and why")
    .option("--csv", "as CSV, safe to open in a spreadsheet")
    .action((id: string | undefined, flags: CommonFlags & { csv?: boolean }) =>
      perform(flags, env, (client, at) => failures(client, id, flags, at)),
    );
  command("shops", "shops with their state, why, and their outcome in the latest run")
    .option("--state <state>", "permanent, unserved, expiring, needs_reauthorization, paused, uninstalled")
    .option("--outcome <outcome>", "as in the latest run: migrated, failed, suspended, …")
    .option("--run <run>", "the outcomes of this run")
    .option("--search <beginning>", "whose domain begins so")
    .option("--limit <shops>", "how many at most", aCount, 100)
    .option("--csv", "as CSV, safe to open in a spreadsheet")
    .action((flags: CommonFlags & ShopsFlags) => {
      const { url: _url, json: _json, ...options } = flags;
      return perform(flags, env, (client, at) => shops(client, options, at));
    });
  command("shop <domain>", "why one shop works or does not, and what the app does next").action(
    (domain: string, flags) => perform(flags, env, (client, at) => shop(client, domain, at)),
  );
  command("dead-letters", "background jobs that failed for good, and why")
    .option("--retry", "give them another chance, once the cause is repaired")
    .action((flags: CommonFlags & { retry?: boolean }) =>
      perform(flags, env, (client, at) => deadLetters(client, flags, at)),
    );
  command("seal", "seal stored tokens with the first key now, instead of in the background").action(
    (flags: CommonFlags) => perform(flags, env, (client, at) => convertTokens(client, "sealed", at)),
  );
  command("unseal", "go back: store tokens in plain again (first set TOKEN_ENCRYPTION_SEAL=false)").action(
    (flags: CommonFlags) => perform(flags, env, (client, at) => convertTokens(client, "plain", at)),
  );
  command("repin", "refresh every chain that an earlier client secret made, and say whether that one may be revoked")
    .option("--dry-run", "refresh nothing; say what is still pinned, and to what")
    .option("--rate <calls>", "calls a second at most", aNumber, 20)
    .addHelpText("after", EXIT_CODES)
    .action((flags: CommonFlags & RepinFlags) => perform(flags, env, (client, at) => repin(client, flags, at)));
  program
    .command("make-key [id]")
    .description("make a key for TOKEN_ENCRYPTION_KEYS; asks the app nothing and stores nothing")
    .option("--json", "write one JSON object for machines", false)
    .action((id = `k${new Date().toISOString().slice(0, 10).replaceAll("-", "")}`, { json }: { json: boolean }) => {
      try {
        const key = makeTokenKey(id);
        process.stdout.write(`${json ? JSON.stringify({ key }) : key}\n`);
      } catch (error) {
        throw new InvalidArgumentError(error instanceof Error ? error.message : "");
      }
    });
  command("doctor", "compare flags, shopify.app.toml and database, and name the next safe step")
    .option("--config <file>", "the app's configuration file", "shopify.app.toml")
    .option("--probe-application-token <shop>", "only this: try an application-only token on a store of yours")
    .addHelpText("after", EXIT_CODES)
    .action((flags: CommonFlags & { config: string; probeApplicationToken?: string }) =>
      perform(flags, env, (client, at) =>
        flags.probeApplicationToken === undefined
          ? runDoctor(client, flags.config, at)
          : probeApplicationToken(client, flags.probeApplicationToken, at),
      ),
    );
  addLocalCommands(program, env);
  program
    .command("completion")
    .addArgument(new Argument("<shell>", "which shell").choices(SHELLS))
    .description(`a script that teaches a shell these commands: source <(${name} completion bash)`)
    .action((shell: Shell) => void process.stdout.write(`${completionScript(program, shell)}\n`));
  return program;
}

function secondsOrConfirm(text: string): number | "confirm" {
  if (text === "confirm") return text;
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('It must be a number of seconds, or "confirm".');
  return Number(text);
}

/** What a shop is known by, pasted in any form. Commander takes what follows for a shop even when it is the next option. */
function aShop(text: string, before: string[] = []): string[] {
  const domain = shopOfInput(text);
  if (!domain) throw new InvalidArgumentError("It must be a shop's domain, e.g. a-shop.myshopify.com.");
  return [...before, domain];
}

function aCount(text: string): number {
  if (!/^\d{1,9}$/.test(text) || Number(text) < 1)
    throw new InvalidArgumentError("It must be a whole number, 1 or more.");
  return Number(text);
}

function upTo100(text: string): number {
  const count = aCount(text);
  if (count > 100) throw new InvalidArgumentError("It must be 100 or less.");
  return count;
}

function aNumber(text: string): number {
  if (!/^\d+(\.\d+)?$/.test(text)) throw new InvalidArgumentError("It must be a number.");
  return Number(text);
}
