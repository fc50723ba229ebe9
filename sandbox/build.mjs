// @ts-check
/**
 * `npm run build -w shopify-sandbox`: what `npm pack` puts into the tarball. JavaScript and declarations by tsc, the Admin's style sheet,
 * and Shopify's published Admin schemas without their descriptions (a third of the size; nothing here answers from them). Plain JavaScript,
 * because npm runs it with any Node ≥ 20.
 */
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync, gzipSync } from "node:zlib";

const HERE = dirname(fileURLToPath(import.meta.url));
const DIST = join(HERE, "dist");
const require = createRequire(import.meta.url);

rmSync(DIST, { recursive: true, force: true });
execFileSync(process.execPath, [require.resolve("typescript/bin/tsc"), "--project", "tsconfig.build.json"], {
  cwd: HERE,
  stdio: "inherit",
});
cpSync(join(HERE, "admin/browser/admin.css"), join(DIST, "admin/browser/admin.css"));

// Its `exports` hide the data.
const schemas = (require.resolve.paths("@shopify/dev-mcp") ?? [])
  .map((folder) => join(folder, "@shopify/dev-mcp/dist/data"))
  .find((folder) => existsSync(folder));
if (!schemas) throw new Error("Install @shopify/dev-mcp: the Admin schemas are read from it.");
mkdirSync(join(DIST, "schemas"));
// The schemas keep the licence that they were published under.
cpSync(join(schemas, "../../LICENSE"), join(DIST, "schemas/LICENSE"));
for (const name of readdirSync(schemas)) {
  if (!/^admin_.*\.json\.gz$/.test(name)) continue;
  const published = JSON.parse(gunzipSync(readFileSync(join(schemas, name))).toString());
  const lean = JSON.stringify(published, (key, value) =>
    key === "description" && (value === null || typeof value === "string") ? undefined : value,
  );
  writeFileSync(join(DIST, "schemas", name), gzipSync(lean, { level: 9 }));
}
