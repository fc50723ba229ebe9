import { text } from "node:stream/consumers";
import { OperatorError } from "../operator-error.ts";

/**
 * The address of the other storage. The arguments of a process can be read by everybody on its machine, so one with a password need not
 * stand among them.
 * @param from what `--from` says; `-` for the first line of standard input, undefined for IMPORT_FROM.
 * @throws OperatorError no_source_address
 */
export async function readSourceAddress(
  from: string | undefined,
  env: NodeJS.ProcessEnv,
  stdin: NodeJS.ReadableStream,
): Promise<string> {
  const address =
    from === "-" ? (await text(stdin as NodeJS.ReadStream)).split("\n", 1)[0] : (from ?? env["IMPORT_FROM"]);
  const trimmed = address?.trim();
  if (trimmed) return trimmed;
  throw new OperatorError(
    "no_source_address",
    from === "-" ? "Nothing came on standard input" : "Neither --from nor IMPORT_FROM names the other storage",
    "Write --from file:dev.sqlite, or put mysql://user:password@host/database or redis://:password@host:6379/0 into IMPORT_FROM, or on standard input with --from -",
  );
}
