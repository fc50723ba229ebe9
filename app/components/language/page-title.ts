import type { MetaFunction } from "@remix-run/node";
import type { DocumentData } from "./document-data.ts";
import type { Messages } from "./translations.server.ts";

/** A route's `meta`: the title of its page in the page's language. */
export const pageTitle =
  (of: (messages: Messages) => string): MetaFunction<unknown, { root: () => DocumentData }> =>
  ({ matches }) => {
    const root = matches.find(({ id }) => id === "root");
    return root?.data ? [{ title: of(root.data.messages) }] : [];
  };
