import pg from "pg";
import { isOwnSession, poolConfig } from "./db-pool.ts";

/** Hears what is announced on one channel while it is connected. */
export interface Listener {
  /** Connects, unless it is connected or has no use for it. To be called now and then: a connection that broke is made again here alone. */
  connect(): void;
  close(): Promise<void>;
}

/**
 * Listens to a channel of Postgres, on a connection of its own. What is announced while there is none is missed, and behind a pooler, which
 * passes no word on, nothing is heard: what is announced must also be looked for now and then.
 * @param onNotified called for each NOTIFY, and when a connection begins to listen: something may have been missed before.
 * @see https://www.postgresql.org/docs/current/sql-notify.html
 */
export function listen(url: string, channel: string, onNotified: () => void): Listener {
  let client: pg.Client | undefined;
  let isOfNoUse = false;

  async function open(): Promise<void> {
    const config = poolConfig(url, { max: 1, applicationName: "expand-contract announcements" });
    const opening = new pg.Client(config);
    client = opening;
    const drop = () => {
      if (client === opening) client = undefined;
      void opening.end().catch(() => {});
    };
    opening.on("error", drop);
    opening.on("end", drop);
    opening.on("notification", onNotified);
    try {
      await opening.connect();
      if (!(await isOwnSession(opening))) {
        isOfNoUse = true;
        return drop();
      }
      await opening.query(`LISTEN ${pg.escapeIdentifier(channel)}`);
      if (client === opening) onNotified();
    } catch {
      drop();
    }
  }

  return {
    connect() {
      if (!client && !isOfNoUse) void open();
    },
    async close() {
      isOfNoUse = true;
      const closing = client;
      client = undefined;
      await closing?.end().catch(() => {});
    },
  };
}
