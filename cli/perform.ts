import { EXIT, type Surroundings } from "./commands.ts";
import { fitWidth } from "./fit-width.ts";
import { createOperatorClient, type OperatorClient } from "./operator-client.ts";
import { OperatorError, sayError } from "./operator-error.ts";
import { harmlessJson, harmlessLines, paintFor, PLAIN, type Paint } from "./paint.ts";
import { barView, jsonView, lineView } from "./progress-view.ts";
import { readDotenv, readSettings } from "./read-settings.ts";

/** The options of every command that asks the app. */
export interface CommonFlags {
  url?: string;
  json?: boolean;
}

/** Columns of a terminal; a pipe or a file takes lines of any length. */
function widthOf(stream: NodeJS.WriteStream): number | undefined {
  return stream.isTTY ? stream.columns : undefined;
}

/** Runs a command with what every one has in common: the client, Ctrl-C, and errors with their remedy. */
export async function perform(
  { url, json = false, csv = false }: CommonFlags & { csv?: boolean },
  env: NodeJS.ProcessEnv,
  action: (client: OperatorClient, at: Surroundings) => Promise<number>,
): Promise<void> {
  const { stdout, stderr } = process;
  const stopping = new AbortController();
  const interrupt = () => stopping.abort();
  let secret = "";
  // Whatever an answer or an error holds, the secret is not shown.
  const safe = (text: string) => (secret ? text.replaceAll(secret, "…") : text);
  const [paint, aside] = [paintFor(stdout), paintFor(stderr)];
  const shown = (line: string, paint: Paint, stream: NodeJS.WriteStream) =>
    fitWidth(harmlessLines(safe(line), { coloured: paint !== PLAIN }), widthOf(stream));
  const out = (line: string) => void stdout.write(`${json ? harmlessJson(safe(line)) : shown(line, paint, stdout)}\n`);
  const note = (line: string) => void stderr.write(`${shown(line, aside, stderr)}\n`);
  // A second Ctrl-C ends at once.
  process.once("SIGINT", interrupt).once("SIGTERM", interrupt);
  try {
    const settings = readSettings({ url }, env, readDotenv(".env"));
    const { origin, isUrlGiven, warning } = settings;
    secret = settings.secret;
    if (warning) note(aside.attention(warning));
    process.exitCode = await action(
      createOperatorClient({ origin, secret, interrupted: stopping.signal, raw: json || csv }),
      {
        json,
        out,
        outRaw: (text) => void stdout.write(safe(text)),
        note,
        paint,
        view: () => (json ? jsonView(out) : stderr.isTTY ? barView(stderr, aside) : lineView(out)),
        command: (text) => `npm run tokens -- ${text}${isUrlGiven ? ` --url ${origin}` : ""}`,
        interrupted: stopping.signal,
      },
    );
  } catch (error) {
    process.exitCode = error instanceof OperatorError && error.code === "interrupted" ? EXIT.detached : EXIT.failed;
    sayError(error, { json, out, note, paint: aside });
  } finally {
    process.removeListener("SIGINT", interrupt).removeListener("SIGTERM", interrupt);
  }
}
