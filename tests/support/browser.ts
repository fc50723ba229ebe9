import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, type Browser, type BrowserContext, type BrowserContextOptions } from "playwright-core";
import { findBrowser, type BrowserChoice } from "./find-browser.ts";

/**
 * The library answers 410 to user agents of robots, and `HeadlessChrome` is one: pages of tests say what a merchant's browser says.
 */
export const BROWSER_USER_AGENT =
  "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/147.0.0.0 Safari/537.36";

/** For `browser.newContext`: a merchant's desktop browser that accepts the simulator's certificates. */
export const contextOptions: BrowserContextOptions = {
  ignoreHTTPSErrors: true,
  userAgent: BROWSER_USER_AGENT,
  viewport: { width: 1280, height: 800 },
  locale: "en-US",
};

/** Whether the merchant's browser lets the embedded app keep site data. The app must not notice. */
export const STORAGE = ["allowed", "denied"] as const;
export type Storage = (typeof STORAGE)[number];

// The last --disable-features wins. Playwright's own list switches storage partitioning off, which newer versions of Chromium take
// for "third-party frames have no storage": the storage of these browsers is a merchant's, not Playwright's.
const DISABLED_FEATURES = "MediaRouter,OptimizationHints,HttpsUpgrades";

let choice: Promise<BrowserChoice> | undefined;

export interface BrowserOptions {
  /** What `--host-resolver-rules` takes; every other host but this machine is unknown to the browser. */
  hostRules?: string;
  /** Hosts that may not keep site data, as a merchant blocks them in the settings. Default: none. */
  denyStorageTo?: { host: string; embeddedIn: string };
}

/**
 * Starts Chromium.
 * @throws Error naming each place that was tried when no browser works.
 */
export async function launchBrowser({ hostRules, denyStorageTo }: BrowserOptions = {}): Promise<Browser> {
  const { executablePath, env } = await (choice ??= findBrowser());
  const rules = [hostRules, "MAP * ~NOTFOUND", "EXCLUDE localhost", "EXCLUDE 127.0.0.1"].filter(Boolean).join(", ");
  const options = {
    executablePath,
    env: { ...(process.env as Record<string, string>), ...env },
    args: [
      `--host-resolver-rules=${rules}`,
      `--disable-features=${DISABLED_FEATURES}`,
      "--disable-dev-shm-usage",
      ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
    ],
  };
  if (!denyStorageTo) return chromium.launch(options);
  const profile = createProfile(`${denyStorageTo.host},${denyStorageTo.embeddedIn}`);
  const context = await chromium.launchPersistentContext(profile, options);
  const browser = context.browser();
  if (!browser) throw new Error("a browser with a profile of its own has no connection");
  browser.once("disconnected", () => rmSync(profile, { recursive: true, force: true, maxRetries: 5 }));
  return browser;
}

/** A profile whose owner blocks the site data of `sites` ("host,host of the page around it"): 2 means blocked. */
function createProfile(sites: string): string {
  const folder = mkdtempSync(join(tmpdir(), "chromium-profile-"));
  mkdirSync(join(folder, "Default"));
  const preferences = { profile: { content_settings: { exceptions: { cookies: { [sites]: { setting: 2 } } } } } };
  writeFileSync(join(folder, "Default", "Preferences"), JSON.stringify(preferences));
  return folder;
}

/**
 * Denies storage to frames where a browser has no such setting: the headless shell that comes through npm knows no profile. Scripts see
 * what they see in a browser that has one.
 */
export async function denyStorageToFrames(context: BrowserContext): Promise<void> {
  await context.addInitScript(() => {
    if (window === window.top) return;
    for (const name of ["sessionStorage", "localStorage"] as const) {
      Object.defineProperty(window, name, {
        get: () => {
          throw new DOMException(
            `Failed to read the '${name}' property from 'Window': Access is denied for this document.`,
            "SecurityError",
          );
        },
      });
    }
    Object.defineProperty(document, "cookie", { get: () => "", set: () => {} });
  });
}
