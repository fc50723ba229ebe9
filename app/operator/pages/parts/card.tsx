import type { ReactNode } from "react";

interface CardProps {
  /** Of the heading, for those who do not see it. */
  id: string;
  title: string;
  /** Further classes. */
  kind?: string;
  /** Beside the heading. */
  badge?: ReactNode;
  /** Said instead of the content, where there is none. */
  empty?: string | false;
  children?: ReactNode;
}

/** A part of a page under a heading of its own. */
export function Card({ id, title, kind, badge, empty, children }: CardProps) {
  return (
    <section className={kind ? `card ${kind}` : "card"} aria-labelledby={id}>
      <h2 id={id} className={badge ? "with-badge" : undefined}>
        {title}
        {badge && <> {badge}</>}
      </h2>
      {empty ? <p className="empty">{empty}</p> : children}
    </section>
  );
}

/** A label with what there is to say under it: in a `<dl className="facts">`. */
export function Fact({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}
