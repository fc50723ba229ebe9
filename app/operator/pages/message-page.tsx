import { ConsolePage } from "./document/console-page.tsx";

/** One thing said, and a way on: refusals, and what went wrong. Shows nothing that needs a session. */
export function MessagePage({
  title,
  text,
  link = { href: "/admin", label: "Go to the console" },
}: {
  title: string;
  text: string;
  link?: { href: string; label: string };
}) {
  return (
    <ConsolePage title={title}>
      <section className="card narrow">
        <h1>{title}</h1>
        <p>{text}</p>
        <p>
          <a className="button" href={link.href}>
            {link.label}
          </a>
        </p>
      </section>
    </ConsolePage>
  );
}
