/** The scan finds each way to break with expiring tokens, in the line that it stands in, and nothing in code that is right. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { PLAIN } from "../paint.ts";
import { RULES } from "./finding-rules.ts";
import { runScan } from "./run-scan.ts";
import { scanFolder } from "./scan-folder.ts";

const ROOT = join(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "scan-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let serial = 0;

/** Writes an app's files into a folder of their own. */
function write(files: Record<string, string>): string {
  const root = join(folder, String(serial++));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

/** `file:line rule` of each finding; and of each line that a fixture marks with `// ✗ rule`. */
async function found(root: string, ignored: string[] = []): Promise<string[]> {
  return (await scanFolder(root, ignored)).findings.map(({ file, line, rule }) => `${file}:${line} ${rule}`);
}
function marked(files: Record<string, string>): string[] {
  return Object.entries(files).flatMap(([path, text]) =>
    text.split("\n").flatMap((line, n) => {
      const [, rule] = /\/\/ ✗ (\S+)/.exec(line) ?? [];
      return rule ? [`${path}:${n + 1} ${rule}`] : [];
    }),
  );
}

const WRONG: Record<string, Record<string, string>> = {
  "tokens in jobs": {
    "app/jobs.ts": `
      import { Queue } from "bullmq";
      import PgBoss from "pg-boss";
      import { tasks } from "@trigger.dev/sdk/v3";
      import { inngest } from "./inngest";
      import { SQSClient, SendMessageCommand } from "@aws-sdk/client-sqs";
      const sync = new Queue("sync");
      const boss = new PgBoss(url);
      export async function action({ request }) {
        const { admin, session } = await authenticate.admin(request);
        await sync.add("products", { shop: session.shop, accessToken: session.accessToken }); // ✗ token-in-job
        await boss.send("products", { shop, token: session.accessToken }); // ✗ token-in-job
        await tasks.trigger("products", { session }); // ✗ token-in-job
        await inngest.send({ name: "products", data: { shop, refresh_token: row.refreshToken } }); // ✗ token-in-job
        const payload = { shop, accessToken: session.accessToken };
        await this.jobs.enqueue("products", JSON.stringify(payload)); // ✗ token-in-job
        await sqs.send(new SendMessageCommand({ MessageBody: JSON.stringify({ ...payload }) })); // ✗ token-in-job
        const offline = await storage.loadSession(id);
        await sync.addBulk([{ name: "a", data: { session: offline } }]); // ✗ token-in-job
      }`,
    "app/worker.js": `
      const { Worker } = require("bullmq");
      new Worker("sync", async (job) => {
        const client = clientFor(job.data.shop, job.data.accessToken); // ✗ token-in-job
        const { shop, accessToken } = job.data; // ✗ token-in-job
      });`,
  },
  "the table of sessions": {
    "app/reads.ts": `
      const rows = await prisma.session.findMany(); // ✗ session-table
      const one = await db.session.findFirst({ where: { shop }, select: { accessToken: true } }); // ✗ session-table
      await db.session.update({ where: { id }, data: { accessToken, expires } }); // ✗ session-table
      await prisma.$transaction((tx) => tx.session.upsert({ where: { id }, create: row, update: row })); // ✗ session-table
      const sql = await prisma.$queryRaw\`SELECT * FROM "Session" WHERE shop = \${shop}\`; // ✗ session-table
      await pool.query("select s.shop, s.accessToken from public.shopify_sessions s"); // ✗ session-table
      await mysql.query("UPDATE \`Session\` SET accessToken = ? WHERE id = ?"); // ✗ session-table`,
  },
  "deletions on uninstall": {
    "app/routes/webhooks.app.uninstalled.tsx": `
      export const action = async ({ request }) => {
        const { shop, session } = await authenticate.webhook(request);
        if (session) await db.session.deleteMany({ where: { shop } }); // ✗ session-deleted-on-uninstall
      };`,
    "app/routes/webhooks.tsx": `
      switch (topic) {
        case "APP_UNINSTALLED":
          await db.session.deleteMany({ where: { shop } }); // ✗ session-deleted-on-uninstall
          break;
        case "SHOP_REDACT":
          await db.session.deleteMany({ where: { shop } }); // ✗ session-table
          await db.shopifySession.deleteMany({ where: { shop } }); // ✗ session-table
      }`,
    "server.js": `
      const handlers = { APP_UNINSTALLED: { callback: async (topic, shop) => {
        const sessions = await sessionStorage.findSessionsByShop(shop);
        await sessionStorage.deleteSessions(sessions.map((s) => s.id)); // ✗ session-deleted-on-uninstall
        await pool.query('DELETE FROM shopify_sessions WHERE shop = $1', [shop]); // ✗ session-deleted-on-uninstall
      } } };`,
  },
  storages: {
    "app/shopify.server.ts": `
      import { PrismaSessionStorage } from "@shopify/shopify-app-session-storage-prisma";
      import { SQLiteSessionStorage as Storage } from "@shopify/shopify-app-session-storage-sqlite";
      const sessionStorage = new PrismaSessionStorage(prisma); // ✗ session-storage
      const other = new Storage("database.sqlite"); // ✗ session-storage
      class Mine extends PrismaSessionStorage { // ✗ session-storage
      }`,
    "web/shopify.js": `
      const { MySQLSessionStorage } = require("@shopify/shopify-app-session-storage-mysql");
      module.exports = new MySQLSessionStorage(url); // ✗ session-storage`,
  },
  "clients that are kept": {
    "app/clients.ts": `
      const { admin } = await unauthenticated.admin("a.myshopify.com"); // ✗ kept-admin-client
      const clients = new Map();
      let last;
      export async function loader({ request, context }) {
        const { admin, session } = await authenticate.admin(request);
        clients.set(session.shop, admin); // ✗ kept-admin-client
        globalThis.admin = admin; // ✗ kept-admin-client
        last = new shopify.api.clients.Graphql({ session }); // ✗ kept-admin-client
      }
      class Sync {
        async start(shop) {
          this.admin = (await unauthenticated.admin(shop)).admin; // ✗ kept-admin-client
        }
      }`,
    "app/long.ts": `
      export async function watch(shop) {
        const { admin } = await unauthenticated.admin(shop);
        setInterval(() => admin.graphql(QUERY), 60_000); // ✗ long-lived-admin-client
      }
      export async function poll(shop) {
        const context = await unauthenticated.admin(shop);
        for (;;) {
          await context.admin.graphql(QUERY); // ✗ long-lived-admin-client
          await sleep(5_000);
        }
      }`,
  },
};

test.each(Object.entries(WRONG))("finds %s", async (_name, files) => {
  const expected = marked(files);
  expect(expected.length).toBeGreaterThan(2);
  expect((await found(write(files))).sort()).toEqual(expected.sort());
});

test("finds nothing in code that is right, however alike it looks", async () => {
  const root = write({
    "app/right.ts": `
      import { Queue } from "bullmq";
      import session from "express-session";
      import { MemorySessionStorage } from "./my-own-memory";
      const queue = new Queue("sync");
      const seen = new Set();
      const shops = new Map();
      // await queue.add("x", { accessToken });
      export async function action({ request, context, res }) {
        const { admin, session } = await authenticate.admin(request);
        await queue.add("products", { shop: session.shop, accessToken: undefined });
        await queue.add("products", { shop: session.shop }, { jobId: session.id });
        seen.add(session.accessToken);
        context.admin = admin;
        res.locals.admin = admin;
        shops.set(session.shop, { plan: (await admin.graphql(QUERY)).plan });
        const local = new Map();
        local.set(session.shop, admin);
        for (const id of ids) await admin.graphql(QUERY, { variables: { id } });
        throw new Error("SELECT a plan; it is not from the Session");
      }
      export async function job(shop) {
        for (const page of pages) {
          const { admin } = await unauthenticated.admin(shop);
          await admin.graphql(QUERY);
          await sleep(1000);
        }
        const { admin } = await unauthenticated.admin(shop);
        for (const id of ids) await admin.graphql(QUERY, { variables: { id } });
        setInterval(async () => (await unauthenticated.admin(shop)).admin.graphql(QUERY), 60_000);
      }
      export async function counts() {
        await db.session.count();
        await db.session.findMany({ where: { isOnline: false }, select: { shop: true, scope: true } });
        await db.session.update({ where: { id }, data: { scope: current } });
        await pool.query('SELECT count(*) FROM "Session"');
        await pool.query('SELECT shop FROM "Session" WHERE "refreshTokenExpires" < now() AND "refreshToken" IS NOT NULL');
        await pool.query('select sess from session where sid = $1');
        await pool.query('DELETE FROM "Parked" p WHERE NOT EXISTS (SELECT FROM "Session" s WHERE s.shop = p.shop)');
        request.session.delete("cart");
        await auth.session.update({ user });
        new MemorySessionStorage();
      }`,
    "app/jobs.test.ts": `await queue.add("x", { accessToken }); await db.session.findMany();`,
    "tests/helpers.ts": `await db.session.deleteMany();`,
    "node_modules/x/index.js": `await db.session.deleteMany();`,
    "build/server.js": `await db.session.deleteMany();`,
    "app/types.d.ts": `declare const accessToken: string;`,
  });
  expect(await found(root)).toEqual([]);
  expect((await scanFolder(root)).files).toBe(1);
});

test("an adopted app deletes through its storage, and leaves out what it says", async () => {
  const files = {
    "app/shopify.server.ts": `import { createTokens } from "expand-contract";
      export const tokens = createTokens({ database, api, phase });`,
    "app/routes/webhooks.app.uninstalled.ts": `await sessionStorage.deleteSessions(ids);`,
    "scripts/old.ts": `await db.session.findMany();`,
    "scripts/deeper/older.ts": `await db.session.findMany();`,
  };
  expect(await found(write(files), ["scripts/deeper/"])).toEqual(["scripts/old.ts:1 session-table"]);
  expect(await found(write(files), ["./scripts"])).toEqual([]);
});

test("this app: only what owns the table touches it", async () => {
  // The console and the watch ask when chains end, and read no token.
  const readers = ["app/operator/console", "app/watch"];
  const owners = ["app/tokens", "app/migration", "scripts/demo", "examples", "packages", ...readers];
  expect(await found(ROOT, owners)).toEqual([]);
  expect(await found(join(ROOT, "app/tokens"))).not.toEqual([]);
}, 60_000);

test("prints file, line, what is wrong and what to write instead; JSON has the same", async () => {
  const root = write({ "a.ts": `\n  await queue.add("x", { accessToken });\n`, "b.ts": "export const = ;" });
  const lines: string[] = [];
  const options = { ignore: [], out: (line: string) => void lines.push(line), paint: PLAIN };
  expect(await runScan(root, { ...options, json: false })).toBe(1);
  expect(lines.join("\n")).toContain(
    `a.ts:2:9  token-in-job\n  await queue.add("x", { accessToken });\n  ${RULES["token-in-job"].wrong}\n  → ${RULES["token-in-job"].instead}`,
  );
  expect(lines.join("\n")).toContain("b.ts could not be read as a whole");
  expect(lines.at(-1)).toBe("1 place to change, in 1 file of 2. Tests are left out.");
  lines.length = 0;
  expect(await runScan(root, { ...options, json: true })).toBe(1);
  expect(JSON.parse(lines[0]!)).toMatchObject({
    files: 2,
    findings: [{ file: "a.ts", line: 2, column: 9, rule: "token-in-job", ...RULES["token-in-job"] }],
    unreadable: ["b.ts"],
  });
  expect(await runScan(write({ "a.ts": "export {};" }), { ...options, json: true })).toBe(0);
  await expect(scanFolder(join(root, "nowhere"))).rejects.toMatchObject({ code: "no_folder" });
  await expect(scanFolder(write({ "README.md": "" }))).rejects.toMatchObject({ code: "no_sources" });
});
