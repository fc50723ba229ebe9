import { readFileSync } from "node:fs";

import { parse } from "smol-toml";

/** What the simulator takes from a `shopify.app.toml`. */
export interface AppToml {
  apiVersion?: string;
  subscriptions: { topic: string; uri: string }[];
  redirectUrls?: string[];
}

interface TomlShape {
  auth?: { redirect_urls?: string[] };
  webhooks?: {
    api_version?: string;
    subscriptions?: { topics?: string[]; compliance_topics?: string[]; uri?: string }[];
  };
}

/** Reads webhook subscriptions, compliance topics included, and the redirect URLs. Throws when the file is not TOML. */
export function readAppToml(path: string): AppToml {
  return parseAppToml(readFileSync(path, "utf8"));
}

export function parseAppToml(text: string): AppToml {
  const toml = parse(text) as TomlShape;
  const subscriptions = (toml.webhooks?.subscriptions ?? []).flatMap((entry) =>
    [...(entry.topics ?? []), ...(entry.compliance_topics ?? [])].map((topic) => ({
      topic: normalizeTopic(topic),
      uri: entry.uri ?? `/webhooks/${normalizeTopic(topic)}`,
    })),
  );
  return { apiVersion: toml.webhooks?.api_version, subscriptions, redirectUrls: toml.auth?.redirect_urls };
}

/** `APP_UNINSTALLED` and `app/uninstalled` are the same topic. Only the first underscore of the constant is the slash. */
export function normalizeTopic(topic: string): string {
  if (topic.includes("/")) return topic.toLowerCase();
  const lower = topic.toLowerCase();
  return lower.replace("_", "/");
}
