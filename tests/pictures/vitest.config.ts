import { defineConfig } from "vitest/config";

/** `npm run screenshots` and `npm run web-vitals`: not tests, but made in the same world. They write into docs/. */
export default defineConfig({
  test: {
    root: ".",
    include: ["tests/pictures/**/*.pictures.ts"],
    setupFiles: ["tests/setup/no-network.ts"],
    globalSetup: ["tests/setup/postgres.ts"],
    testTimeout: 180_000,
    hookTimeout: 90_000,
    fileParallelism: false,
  },
});
