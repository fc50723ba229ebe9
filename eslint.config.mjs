// @ts-check
import boundaries from "eslint-plugin-boundaries";
import importX from "eslint-plugin-import-x";
import reactHooks from "eslint-plugin-react-hooks";
import tseslint from "typescript-eslint";

/** The layers of app/ (docs/architecture.md): what each may import. Everything not named is refused. */
const LAYERS = [
  { from: "infra", allow: ["infra"] },
  { from: "tokens", allow: ["tokens", "infra"] },
  { from: "migration", allow: ["migration", "tokens", "infra"] },
  { from: "operator", allow: ["operator", "infra"] },
  { from: "jobs", allow: ["jobs", "tokens", "migration", "infra"] },
  { from: "composition", allow: ["composition", "tokens", "migration", "jobs", "operator", "infra"] },
  { from: "routes", allow: ["composition", "tokens", "migration", "jobs", "operator", "infra", "routes"] },
];

export default tseslint.config(
  { ignores: ["build/", "public/", "node_modules/", ".reports/", ".cache/", ".data/"] },
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
    plugins: { boundaries },
    settings: {
      "boundaries/elements": [
        { type: "infra", pattern: "app/infra", mode: "folder" },
        { type: "tokens", pattern: "app/tokens", mode: "folder" },
        { type: "migration", pattern: "app/migration", mode: "folder" },
        { type: "operator", pattern: "app/operator", mode: "folder" },
        { type: "jobs", pattern: "app/jobs", mode: "folder" },
        { type: "routes", pattern: "app/routes", mode: "folder" },
        { type: "composition", pattern: "app/*", mode: "file" },
      ],
      "import/resolver": { node: { extensions: [".ts", ".tsx"] } },
    },
    rules: {
      "no-console": "error",
      "boundaries/element-types": [
        "error",
        { default: "disallow", rules: LAYERS.map(({ from, allow }) => ({ from: [from], allow })) },
      ],
      "no-restricted-imports": [
        "error",
        { patterns: [{ group: ["**/sandbox/**"], message: "The app knows nothing of the simulator." }] },
      ],
    },
  },
  {
    files: ["app/{tokens,migration,jobs,infra}/**/*.ts"],
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
    files: ["sandbox/**/*.ts"],
    rules: {
      "no-restricted-imports": [
        "error",
        { patterns: [{ group: ["**/app/**"], message: "The simulator knows nothing of the app." }] },
      ],
    },
  },
);
