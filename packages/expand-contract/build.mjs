// @ts-check
/**
 * `npm run build -w expand-contract`: what `npm pack` puts into the tarball, from the sources that the app of this repository uses. Vite
 * makes the JavaScript, rollup-plugin-dts one declaration file for each entry; every dependency stays outside. Fails when something is
 * imported that package.json does not name.
 */
import { chmodSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { rollup } from "rollup";
import { dts } from "rollup-plugin-dts";
import { build } from "vite";

const HERE = dirname(fileURLToPath(import.meta.url));
const DIST = join(HERE, "dist");
const ENTRIES = ["index", "migration", "operator"];
const manifest = JSON.parse(readFileSync(join(HERE, "package.json"), "utf8"));
const named = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies });

/** @param {string} id */
const isOutside = (id) => !id.startsWith(".") && !id.startsWith("/") && !id.startsWith("\0");

/** @param {string} name */
const inputs = (name) => [name, join(HERE, "src", `${name}.ts`)];

/** @type {import("vite").Plugin} */
const ownRoot = {
  name: "expand-contract",
  enforce: "pre",
  /** The app wires its services from the environment; here they come from the adopter. */
  resolveId(source) {
    return source.endsWith("/services.server.ts") ? join(HERE, "src/operator/operator-services.ts") : undefined;
  },
  transform(code, id) {
    return id.includes("node_modules") ? undefined : asAdopterTypes(code);
  },
};

/** Commands as an adopter types them, and phases as `createTokens` takes them. @param {string} text */
function asAdopterTypes(text) {
  return text
    .replaceAll(/npm run (-s )?tokens --/g, "npx expand-contract")
    .replaceAll("npm run db:deploy", "npx expand-contract db migrate")
    .replaceAll("set LEGACY_INSTALL_FLOW_ENABLED=false", "give createTokens the phase 'contract'")
    .replace(
      /set TOKEN_EXCHANGE_ENABLED=true(?:, first for a share of the shops with TOKEN_EXCHANGE_ROLLOUT)?/g,
      "give createTokens the phase 'expand'",
    )
    .replace("(TOKEN_EXCHANGE_ENABLED=false)", "(phase 'legacy')");
}

rmSync(DIST, { recursive: true, force: true });
const built = await build({
  configFile: false,
  root: HERE,
  logLevel: "warn",
  plugins: [ownRoot],
  build: {
    ssr: true,
    target: "node22",
    outDir: DIST,
    minify: false,
    rollupOptions: {
      input: Object.fromEntries([...ENTRIES, "cli"].map(inputs)),
      external: isOutside,
      output: { format: "es", entryFileNames: "[name].js", chunkFileNames: "chunk-[name].js" },
    },
  },
});
chmodSync(join(DIST, "cli.js"), 0o755);
const rights = readFileSync(join(HERE, "../../prisma/least-rights.sql"), "utf8");
writeFileSync(
  join(DIST, "least-rights.sql"),
  asAdopterTypes(rights).replaceAll("prisma/least-rights.sql", "node_modules/expand-contract/dist/least-rights.sql"),
);

const imported = new Set();
for (const { output } of [built].flat().filter((one) => "output" in one)) {
  for (const chunk of output) {
    if (chunk.type !== "chunk") continue;
    for (const id of [...chunk.imports, ...chunk.dynamicImports])
      if (isOutside(id) && !id.endsWith(".js")) imported.add(id);
  }
}
const packages = [...imported]
  .filter((id) => !id.startsWith("node:") && !builtinModules.includes(id))
  .map((id) =>
    id
      .split("/")
      .slice(0, id.startsWith("@") ? 2 : 1)
      .join("/"),
  );
const unnamed = packages.filter((name) => !named.includes(name));
if (unnamed.length > 0) throw new Error(`package.json does not name ${[...new Set(unnamed)].join(", ")}`);

const types = await rollup({
  input: Object.fromEntries(ENTRIES.map(inputs)),
  external: isOutside,
  plugins: [dts({ tsconfig: join(HERE, "../../tsconfig.json") })],
});
await types.write({ dir: DIST, format: "es", entryFileNames: "[name].d.ts", chunkFileNames: "types-[name].d.ts" });
await types.close();
console.log(
  `expand-contract: built, ${new Set(packages).size} packages beside it: ${[...new Set(packages)].sort().join(", ")}`,
);
