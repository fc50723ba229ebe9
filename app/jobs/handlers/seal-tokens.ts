import type { AppJobContext } from "../queue/job-types.ts";

/**
 * Seals what is still stored in plain or with an earlier key. Begins again where it was cut off; does nothing once every row is sealed with
 * the first key, and nothing where the keys only open: going back is the operator's command.
 */
export async function sealTokens({
  tokens,
  log,
  signal,
}: Pick<AppJobContext, "tokens" | "log" | "signal">): Promise<void> {
  const { sealsWith } = await tokens.sealing();
  if (sealsWith === null) return;
  const { rows, unreadable } = await tokens.convertRows({ signal });
  if (rows + unreadable > 0) log.info({ rows, unreadable, key: sealsWith }, "tokens were sealed in the background");
}
