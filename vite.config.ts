import { vitePlugin as remix } from "@remix-run/dev";
import { defineConfig } from "vite";

declare module "@remix-run/server-runtime" {
  interface Future {
    v3_singleFetch: true;
  }
}

/** The tunnel (or simulator) that browsers reach the development server by. */
const publicHost = URL.parse(process.env.SHOPIFY_APP_URL ?? "")?.hostname;

/**
 * Single fetch is on: one request per navigation instead of one per loader (each of which authenticates), and Remix leaves
 * Node's own `fetch` alone. Its price: headers of a thrown response (the retry header of App Bridge) only travel through
 * routes that export `headers`; every embedded route does, and a test looks.
 */
export default defineConfig({
  server: {
    fs: { allow: ["app", "node_modules"] },
    allowedHosts: publicHost ? [publicHost] : [],
  },
  plugins: [
    remix({
      ignoredRouteFiles: ["**/*.test.*", "**/.*"],
      future: {
        v3_fetcherPersist: true,
        // Discovery keeps a note in `sessionStorage`, which a browser may deny to the Admin's frame: every route is known at once.
        v3_lazyRouteDiscovery: false,
        v3_relativeSplatPath: true,
        v3_singleFetch: true,
        v3_throwAbortReason: true,
      },
    }),
  ],
  // Top-level await in the server bundle. Assets stay files: inlined ones would need a looser content security policy.
  build: { target: "es2022", assetsInlineLimit: 0 },
  // Taken into the server's bundle where that leaves most of a package out, or saves the reading of many small files: of the 2,050 modules that a
  // start loaded, half were Polaris's icons and components. Packages with state (Prisma, pg, pino, pg-boss, React) stay outside.
  ssr: {
    noExternal: [
      /^@shopify\/(polaris|shopify-api|shopify-app-remix|admin-api-client|storefront-api-client|graphql-client)/,
      ...["zod", "jose", "@opentelemetry/api", "i18next", "react-i18next", "lossless-json", "smol-toml"],
    ],
  },
  optimizeDeps: { include: ["@shopify/app-bridge-react", "@shopify/polaris"] },
});
