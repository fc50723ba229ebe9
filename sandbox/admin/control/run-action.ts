import type { SandboxClient } from "../../client.ts";
import type { Endpoint, Grant } from "../../platform/types.ts";
import type { AppView } from "../app-view.ts";
import { NAMED_FAULTS } from "../../platform/named-faults.ts";

type Fields = Record<string, string | undefined>;
type Action = (client: SandboxClient, fields: Fields, app: AppView) => Promise<string>;

const DAY_MS = 86_400_000;

/** What the buttons of the control page do; each says in a sentence what happened. */
const ACTIONS: Record<string, Action> = {
  "add-shop": async (client, fields) => {
    const shop = shopDomain(required(fields, "name"));
    await client.createShop(shop);
    return `${shop} was added.`;
  },
  install: async (client, fields, app) => {
    const shop = required(fields, "shop");
    const token = fields.token === "permanent" || fields.token === "expiring" ? fields.token : "none";
    await client.installShop(shop, { token, scopes: app.scopes });
    return token === "none"
      ? `${app.name} is installed on ${shop}; it gets a token when it is opened.`
      : `${app.name} is installed on ${shop}, and the platform issued ${token === "permanent" ? "a permanent token" : "a pair"} that the app has not been given.`;
  },
  uninstall: async (client, fields) => {
    const delivery = await client.uninstall(required(fields, "shop"));
    const status = delivery?.attempts.at(-1)?.status;
    return `Uninstalled: every token has ended. ${delivery ? `The app answered ${status ?? "nothing"} to app/uninstalled.` : ""}`;
  },
  freeze: async (client, fields) => standing(client.freeze(required(fields, "shop")), "The shop is frozen."),
  lock: async (client, fields) => standing(client.lock(required(fields, "shop")), "The shop is locked."),
  close: async (client, fields) => standing(client.close(required(fields, "shop")), "The shop is closed."),
  reopen: async (client, fields) => standing(client.reopen(required(fields, "shop")), "The shop is open again."),
  revoke: async (client, fields) =>
    standing(client.revokeTokens(required(fields, "shop")), "Every token of the shop has ended."),
  webhook: async (client, fields) => {
    const topic = required(fields, "topic");
    const { status } = await client.sendWebhook(required(fields, "shop"), topic);
    return status > 0 ? `The app answered ${status} to ${topic}.` : `The app could not be reached with ${topic}.`;
  },
  advance: async (client, fields) => {
    const ms = Number(required(fields, "ms"));
    await client.clock.advance(ms);
    return `The clock moved on by ${ms >= DAY_MS ? `${ms / DAY_MS} days` : `${ms / 3_600_000} h`}.`;
  },
  choices: async (client, fields) => {
    const { action: _action, ...choices } = fields;
    await client.choices(
      Object.fromEntries(
        Object.entries(choices).map(([name, value]) => [name, /^\d+$/.test(value ?? "") ? Number(value) : value]),
      ),
    );
    return "The choice holds from now on.";
  },
  replay: async (client, fields) => {
    const { status } = await client.webhooks.replay(required(fields, "id"));
    return `Sent again, with the same body and ids: the app answered ${status || "nothing"}.`;
  },
  "add-fault": async (client, fields) => {
    const preset = NAMED_FAULTS[required(fields, "preset")];
    if (!preset) throw new Error("There is no such fault");
    await client.faults.add({
      effect: preset.effect,
      endpoint: (fields.endpoint || undefined) as Endpoint | undefined,
      grant: (fields.grant || undefined) as Grant | undefined,
      shop: fields.shop || undefined,
      probability: fields.percent ? Number(fields.percent) / 100 : undefined,
      times: fields.times ? Number(fields.times) : undefined,
    });
    return `Fault switched on: ${preset.label}.`;
  },
  "remove-fault": async (client, fields) => standing(client.faults.remove(required(fields, "id")), "The fault is off."),
  "clear-faults": async (client) => standing(client.faults.clear(), "All faults are off."),
};

/** Does what a button of the control page says. @throws Error in words for the person when it cannot. */
export async function runAction(client: SandboxClient, fields: Fields, app: AppView): Promise<string> {
  const action = ACTIONS[fields.action ?? ""];
  if (!action) throw new Error(`There is no action "${fields.action ?? ""}"`);
  return action(client, fields, app);
}

async function standing(work: Promise<unknown>, sentence: string): Promise<string> {
  await work;
  return sentence;
}

function required(fields: Fields, name: string): string {
  const value = fields[name]?.trim();
  if (!value) throw new Error(`The field "${name}" is missing`);
  return value;
}

function shopDomain(name: string): string {
  const handle = name
    .toLowerCase()
    .replace(/\.myshopify\.com$/, "")
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-+|-+$/g, "");
  if (!handle) throw new Error("A store’s name needs a letter or a digit");
  return `${handle}.myshopify.com`;
}
