import type { ReactNode } from "react";
import type { ConsoleSession } from "../../console/door/console-session.ts";
import styles from "./console.css?url";
import script from "./console.js?url";
import icon from "./console.svg?url";

const SECTIONS = [
  { href: "/admin", label: "Rollout" },
  { href: "/admin/runs", label: "Runs" },
  { href: "/admin/shops", label: "Shops" },
  { href: "/admin/jobs", label: "Background work" },
] as const;

export type Section = (typeof SECTIONS)[number]["label"];

interface ConsolePageProps {
  title: string;
  children: ReactNode;
  /** Without one nothing is shown but the title and the content. */
  visitor?: Pick<ConsoleSession, "role" | "csrf">;
  section?: Section;
  /** A page below that of its section: a link leads back. */
  isBelow?: boolean;
  /** The page looks again by itself after so many seconds, in browsers without scripts. */
  refreshSeconds?: number;
}

/** The document around each page of the console. */
export function ConsolePage({ title, children, visitor, section, isBelow, refreshSeconds }: ConsolePageProps) {
  const refresh = refreshSeconds !== undefined && <meta httpEquiv="refresh" content={String(refreshSeconds)} />;
  return (
    <html lang="en">
      <head>
        <meta charSet="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{`${title} · Token console`}</title>
        <link rel="stylesheet" href={styles} />
        <link rel="icon" type="image/svg+xml" href={icon} />
        {refresh && <noscript>{refresh}</noscript>}
        {visitor && <script type="module" src={script} />}
      </head>
      <body>
        {visitor && (
          <header className="top">
            <a className="skip" href="#content">
              Skip to content
            </a>
            <div className="top-inner">
              <span className="brand">Token console</span>
              <nav aria-label="Console">
                {SECTIONS.map(({ href, label }) => (
                  <a key={href} href={href} aria-current={label === section ? "page" : undefined}>
                    {label}
                  </a>
                ))}
              </nav>
              <form method="post" action="/admin/logout" className="sign-out">
                <span>{visitor.role === "operator" ? "Operator" : "Monitor: may look, not touch"}</span>
                <button type="submit" className="plain">
                  Sign out
                </button>
              </form>
            </div>
          </header>
        )}
        <main id="content" tabIndex={-1} className={visitor ? undefined : "alone"}>
          {isBelow && (
            <p className="crumbs">
              <a href={SECTIONS.find(({ label }) => label === section)?.href}>{section}</a>
            </p>
          )}
          {children}
        </main>
      </body>
    </html>
  );
}
