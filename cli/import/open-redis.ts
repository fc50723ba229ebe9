import { OperatorError } from "../operator-error.ts";
import { BATCH, loadClient, type SessionSource } from "./session-source.ts";
import { UnreadableRow, type RawRow } from "./to-session.ts";

const USUAL_PREFIX = "shopify_sessions";

/**
 * Opens `redis://user:password@host/0` with the package redis.
 * @param prefix of the keys, as `sessionKeyPrefix` of Shopify's storage.
 * @throws OperatorError
 */
export async function openRedis(from: string, prefix = USUAL_PREFIX): Promise<SessionSource> {
  const { createClient } = await loadClient("redis", () => import("redis"));
  const { host, pathname } = new URL(from);
  const client = createClient({ url: from, socket: { reconnectStrategy: false, connectTimeout: 10_000 } });
  // Told to the caller of each command as well.
  client.on("error", () => undefined);
  await client.connect().catch((error: NodeJS.ErrnoException) => {
    const reason = error.message || error.code || "no answer";
    throw new OperatorError("no_source", `${host} cannot be read: ${reason}`, "Look at the address after --from.", {
      cause: error,
    });
  });
  return {
    name: `${host}${pathname}, keys ${prefix}_…`,
    async *batches() {
      // A scan may name a key twice.
      const seen = new Set<string>();
      for await (const found of client.scanIterator({
        MATCH: `${prefix.replaceAll(/[*?[\]\\]/g, "\\$&")}_*`,
        COUNT: BATCH,
      })) {
        const keys = found.filter((key) => !seen.has(key));
        for (const key of keys) seen.add(key);
        if (keys.length === 0) continue;
        const values = await client.mGet(keys);
        yield values.flatMap((value) => readValue(value));
      }
    },
    close: () => client.close(),
  };
}

/** One session is an array of pairs. Under the same prefix lie lists of a shop's keys and a note of Shopify's migrations, which are none. */
function readValue(value: string | null): (RawRow | Error)[] {
  if (value === null) return [];
  try {
    const parsed = JSON.parse(value) as unknown;
    if (!Array.isArray(parsed)) return [];
    if (parsed.every((one) => typeof one === "string")) return [];
    return [Object.fromEntries(parsed as [string, unknown][])];
  } catch {
    return [new UnreadableRow("is no session")];
  }
}
