// @ts-check
import importX from "eslint-plugin-import-x";
import reactHooks from "eslint-plugin-react-hooks";
import regexp from "eslint-plugin-regexp";
import tseslint from "typescript-eslint";

/** The layers of app/, lowest first (docs/architecture.md). A layer may import itself and the layers in `allow`, nothing else. */
const LAYERS = {
  infra: [],
  schema: ["infra"],
  tokens: ["infra"],
  migration: ["tokens", "infra"],
  watch: ["migration", "tokens", "schema", "infra"],
  jobs: ["watch", "migration", "tokens", "schema", "infra"],
};

/** Everything in app/ that a layer must not import: the other layers, the routes, and the composition root. */
const LAYER_ZONES = Object.entries(LAYERS).map(([layer, allow]) => ({
  target: `./app/${layer}`,
  from: "./app",
  except: [layer, ...allow].map((name) => `./${name}`),
  message: `app/${layer} may only import ${[layer, ...allow].join(", ")}.`,
}));

export default tseslint.config(
  {
    ignores: [
      "build/",
      "sandbox/dist/",
      "packages/*/dist/",
      // Other people's apps: their types are their frameworks', and a test builds and runs them.
      "examples/",
      "tests/fixtures/examples/routes/",
      "public/",
      "node_modules/",
      ".reports/",
      ".cache/",
      ".data/",
    ],
  },
  ...tseslint.configs.recommended,
  {
    files: ["**/*.{ts,tsx,mjs}"],
    plugins: { "import-x": importX, "react-hooks": reactHooks },
    rules: {
      ...reactHooks.configs.recommended.rules,
      "@typescript-eslint/consistent-type-imports": ["error", { fixStyle: "inline-type-imports" }],
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      "@typescript-eslint/no-empty-object-type": "off",
      "import-x/no-cycle": "error",
      "import-x/no-duplicates": ["error", { "prefer-inline": true }],
      "no-console": "off",
      eqeqeq: ["error", "smart"],
    },
    settings: {
      "import-x/resolver-next": [importX.createNodeResolver({ extensions: [".ts", ".tsx", ".mjs", ".js"] })],
    },
  },
  {
    files: ["**/*.{ts,tsx}"],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/no-misused-promises": ["error", { checksVoidReturn: false }],
      "@typescript-eslint/await-thenable": "error",
    },
  },
  {
    files: ["app/**/*.{ts,tsx}"],
    ignores: ["app/**/*.test.{ts,tsx}"],
    rules: {
      "no-console": "error",
      "import-x/no-restricted-paths": [
        "error",
        {
          zones: [
            ...LAYER_ZONES,
            { target: "./app/!(routes)/**/*", from: "./app/routes", message: "Nothing imports a route." },
            { target: "./app/*.{ts,tsx}", from: "./app/routes", message: "Nothing imports a route." },
          ],
        },
      ],
      "no-restricted-imports": [
        "error",
        { patterns: [{ group: ["**/sandbox/**"], message: "The app knows nothing of the simulator." }] },
      ],
    },
  },
  {
    files: ["app/{tokens,migration,watch,jobs,schema,infra}/**/*.ts"],
    rules: {
      "no-restricted-imports": [
        "error",
        {
          patterns: [
            {
              group: ["@remix-run/*", "@shopify/shopify-app-remix*", "**/shopify.server*", "express"],
              message: "This layer knows no HTTP server and no Remix.",
            },
            { group: ["**/sandbox/**"], message: "The app knows nothing of the simulator." },
          ],
        },
      ],
    },
  },
  {
    // What reads a stranger's text must take time in proportion to its length.
    files: ["app/**/*.{ts,tsx}", "server/**/*.ts", "server.ts", "cli/**/*.ts"],
    plugins: { regexp },
    rules: {
      "regexp/no-super-linear-backtracking": ["error", { report: "potential" }],
      "regexp/no-super-linear-move": ["error", { report: "potential" }],
    },
  },
);
