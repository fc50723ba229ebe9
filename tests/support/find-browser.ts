import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { chromium } from "playwright-core";
import { unpackChromium } from "./unpack-chromium.ts";

/** How to start one browser, and where it was found. */
export interface BrowserChoice {
  executablePath: string;
  env: Record<string, string>;
  from: "CHROME_PATH" | "system" | "@sparticuz/chromium" | "playwright";
}

const SYSTEM_PATHS = [
  "/usr/bin/google-chrome-stable",
  "/usr/bin/google-chrome",
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/snap/bin/chromium",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

/** `CHROME_PATH`, then a browser of this machine, then the one that npm installed, then Playwright's own. */
export async function findBrowser(env: NodeJS.ProcessEnv = process.env): Promise<BrowserChoice> {
  const wanted = env.CHROME_PATH;
  if (wanted) {
    if (!works(wanted)) throw new Error(`CHROME_PATH is ${wanted}, and that does not run. Correct or unset it.`);
    return { executablePath: wanted, env: {}, from: "CHROME_PATH" };
  }
  const system = SYSTEM_PATHS.find((path) => existsSync(path) && works(path));
  if (system) return { executablePath: system, env: {}, from: "system" };

  const reasons: string[] = [];
  try {
    const { executablePath, libraries, fontsConfig } = await unpackChromium();
    const fonts: Record<string, string> = hasSystemFonts() ? {} : { FONTCONFIG_FILE: fontsConfig };
    for (const extra of [{}, { LD_LIBRARY_PATH: libraries }] as Record<string, string>[]) {
      const own: Record<string, string> = { ...fonts, ...extra };
      if (works(executablePath, own)) return { executablePath, env: own, from: "@sparticuz/chromium" };
    }
    reasons.push(`@sparticuz/chromium does not run here (${whyNot(executablePath, { LD_LIBRARY_PATH: libraries })})`);
  } catch (error) {
    reasons.push(`@sparticuz/chromium: ${error instanceof Error ? error.message : String(error)}`);
  }
  const own = chromium.executablePath();
  if (existsSync(own) && works(own)) return { executablePath: own, env: {}, from: "playwright" };
  throw new Error(
    `no browser for the tests: ${reasons.join("; ")}; Playwright has none. ` +
      "Install Chrome or Chromium, or set CHROME_PATH, or run `npx playwright-core install chromium`.",
  );
}

function works(path: string, env: Record<string, string> = {}): boolean {
  return ask(path, env).status === 0;
}

function whyNot(path: string, env: Record<string, string>): string {
  const result = ask(path, env);
  return (result.stderr || result.error?.message || `exit ${String(result.status)}`).trim().split("\n")[0] ?? "";
}

function ask(path: string, env: Record<string, string>) {
  return spawnSync(path, ["--version", "--no-sandbox"], {
    encoding: "utf8",
    timeout: 20_000,
    env: { ...process.env, ...env },
  });
}

function hasSystemFonts(): boolean {
  const folders = [
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "/System/Library/Fonts",
    `${process.env.HOME ?? ""}/.fonts`,
  ];
  return folders.some(
    (folder) =>
      existsSync(folder) &&
      readdirSync(folder, { recursive: true }).some((file) => /\.(ttf|otf|ttc|pfb)$/i.test(String(file))),
  );
}
