import { execFile } from "node:child_process";
import { chown, mkdtemp, rm, statfs, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import pg from "pg";
import { findPostgresPlace } from "../../../scripts/postgres-binaries.ts";
import { type Fault, sleep } from "../fault.ts";

const run = promisify(execFile);
const SIZE_MB = 48;

/** A database in a tablespace of its own on a small disk in memory, which a file fills to the last byte. */
let disk: string | undefined;

export const diskFull: Fault = {
  title: `The disk of the database is full for 15 s (a tablespace on a file system of ${SIZE_MB} MB)`,
  seconds: 15,
  async missing() {
    if (process.getuid?.() !== 0 || process.env.TEST_DATABASE_URL) return "needs root, and Postgres on this machine";
    const probe = await mkdtemp("/tmp/fault-disk-");
    try {
      await run("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", probe]);
      await run("umount", [probe]);
      return undefined;
    } catch {
      return "this machine does not let a file system be mounted";
    } finally {
      await rm(probe, { recursive: true, force: true });
    }
  },
  async prepare(databaseUrl) {
    const place = await findPostgresPlace();
    const mounted = await mkdtemp("/tmp/fault-disk-");
    await run("mount", ["-t", "tmpfs", "-o", `size=${SIZE_MB}m`, "tmpfs", mounted]);
    if (place.user) await chown(mounted, place.user.uid, place.user.gid);
    disk = mounted;
    const name = new URL(databaseUrl).pathname.slice(1);
    const space = `small_${name.slice(-6)}`;
    const onServer = async (...statements: string[]) => {
      const admin = new pg.Client({
        connectionString: Object.assign(new URL(databaseUrl), { pathname: "/postgres" }).href,
      });
      await admin.connect();
      try {
        for (const sql of statements) await admin.query(sql);
      } finally {
        await admin.end();
      }
    };
    await onServer(
      `CREATE TABLESPACE ${space} LOCATION '${mounted}'`,
      `ALTER DATABASE "${name}" SET TABLESPACE ${space}`,
    );
    return {
      undo: async () => {
        await onServer(`DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`, `DROP TABLESPACE IF EXISTS ${space}`);
        await run("umount", [mounted]);
        await rm(mounted, { recursive: true, force: true });
      },
    };
  },
  async happen({ world, seconds }) {
    const ballast = join(disk!, "ballast");
    const { bavail, bsize } = await statfs(dirname(ballast));
    await writeFile(ballast, Buffer.alloc(bavail * bsize)).catch(() => {}); // ENOSPC: full
    // No page with room is left either: what is written from here on would have to extend a table.
    await world.query(`UPDATE "Session" SET state = state || 'x' FROM generate_series(1, 200)`).catch(() => {});
    await sleep(seconds * 1_000);
    await rm(ballast);
  },
};
