import type { AppOptions } from "../platform/types.ts";

/** The app under test, as the Admin shows it. */
export interface AppView {
  name: string;
  handle: string;
  clientId: string;
  /** `application_url`: where the Admin's frame starts. */
  url: string;
  scopes: string[];
  legacyInstallFlow: boolean;
}

/** The platform's settings of the app, with what the Admin needs filled in. */
export function appView(app: Readonly<AppOptions>): AppView {
  const name = app.name ?? "Your app";
  return {
    name,
    handle: app.handle ?? name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-"),
    clientId: app.clientId,
    url: app.url,
    scopes: app.scopes,
    legacyInstallFlow: app.legacyInstallFlow ?? false,
  };
}
