import { fileURLToPath } from "node:url";
import { vitePlugin as remix } from "@remix-run/dev";
import { defineConfig, type Plugin } from "vite";

/** Modules of the app in which it differs from one that uses the library as documented, and what stands in for them. */
const STAND_INS = ["authenticate.server.ts", "handle-webhook.server.ts"];

/** The same pages, the same server, the same database; only the handling of tokens is the library's own. */
function plainLibrary(): Plugin {
  return {
    name: "plain-library",
    enforce: "pre",
    async resolveId(source, importer, options) {
      const resolved = await this.resolve(source, importer, { ...options, skipSelf: true });
      const name = STAND_INS.find((file) => resolved?.id.endsWith(`/${file}`));
      return name ? fileURLToPath(new URL(name, import.meta.url)) : resolved;
    },
  };
}

export default defineConfig({
  plugins: [
    plainLibrary(),
    remix({
      buildDirectory: ".cache/plain-app/build",
      ignoredRouteFiles: ["**/*.test.*", "**/.*"],
      future: {
        v3_fetcherPersist: true,
        v3_lazyRouteDiscovery: true,
        v3_relativeSplatPath: true,
        v3_singleFetch: true,
        v3_throwAbortReason: true,
      },
    }),
  ],
  build: { target: "es2022", assetsInlineLimit: 0 },
});
