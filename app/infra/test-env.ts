import { EnvironmentError, parseEnv } from "./env.server.ts";

/** What the app cannot start without. */
export const COMPLETE = {
  SHOPIFY_API_KEY: "client-id",
  SHOPIFY_API_SECRET: "client-secret",
  SHOPIFY_APP_URL: "https://app.example.com/",
  SCOPES: "read_products, write_products",
  DATABASE_URL: "postgresql://app@127.0.0.1:5432/app",
};

/** Why the app would not start with these variables. */
export function problemsOf(source: Record<string, string | undefined>): readonly string[] {
  try {
    parseEnv(source);
  } catch (error) {
    if (error instanceof EnvironmentError) return error.problems;
    throw error;
  }
  return [];
}
