import type { ReactNode } from "react";
import type { ConsoleSession } from "../console/door/console-session.ts";
import { ConsolePage, type Section } from "./document/console-page.tsx";

interface ConfirmPageProps {
  title: string;
  /** What will be done, and what of it cannot be undone. */
  children: ReactNode;
  /** The label of the button that does it. */
  action: string;
  /** Asked to be ticked first, where something cannot be undone. */
  understood?: string;
  /** Where one goes who does not want it. */
  back: string;
  section: Section;
  visitor: ConsoleSession;
  /** Why it was not done. */
  problem?: string;
}

/** Asks before something is done. The form leads to the page's own address. */
export function ConfirmPage({
  title,
  children,
  action,
  understood,
  back,
  section,
  visitor,
  problem,
}: ConfirmPageProps) {
  return (
    <ConsolePage title={title} section={section} visitor={visitor}>
      <form method="post" className="card narrow stack">
        <h1>{title}</h1>
        {problem && (
          <p className="notice bad" role="alert">
            {problem}
          </p>
        )}
        {children}
        <input type="hidden" name="csrf" value={visitor.csrf} />
        {understood && (
          <label className="tick">
            <input type="checkbox" name="understood" value="yes" required /> {understood}
          </label>
        )}
        <p className="actions">
          <button type="submit" className={understood ? "button danger" : "button primary"}>
            {action}
          </button>
          <a className="button" href={back}>
            Back
          </a>
        </p>
      </form>
    </ConsolePage>
  );
}
