import type { Phase } from "../infra/phase.ts";
import type { ShopTokenState, TokenHistoryEntry } from "../tokens/types.ts";

/** The state of a shop's connection, in a merchant's words: nobody outside of this trade knows what a token is. */
export interface ConnectionView {
  tone: "success" | "info" | "warning";
  /** One or two words for a badge. */
  status: string;
  summary: string;
  /** Label and text, in order. */
  facts: { label: string; text: string }[];
}

/** One line of the timeline. */
export interface ConnectionEvent {
  title: string;
  detail: string;
  tone: "success" | "info" | "warning";
  /** For people, in the store's time. */
  when: string;
  /** ISO 8601. */
  at: string;
}

type FormatDate = (date: Date) => string;

/** Says how a shop is connected, when the connection was renewed, and what happens next. */
export function describeConnection(state: ShopTokenState, phase: Phase, format: FormatDate): ConnectionView {
  if (state.suspendedAt) {
    return {
      tone: "warning",
      status: "Paused",
      summary:
        "Shopify is not giving apps access to this store at the moment. Everything is kept, and continues when it does.",
      facts: [{ label: "Paused since", text: format(state.suspendedAt) }],
    };
  }
  if (state.status === "permanent") return describePermanent(phase);
  if (state.status === "custom_app") {
    return {
      tone: "success",
      status: "Connected",
      summary: "This app was made for your store alone; its connection does not end.",
      facts: [],
    };
  }
  const renewedAt = latestOf(state.refreshedAt, state.migratedAt, state.acquiredAt);
  const facts = [
    state.acquiredAt && { label: "Connected since", text: format(state.acquiredAt) },
    renewedAt && { label: "Last renewed", text: format(renewedAt) },
    state.expires && {
      label: "Renews next",
      text: `By itself, from ${format(state.expires)} on, as soon as it is needed`,
    },
    state.refreshTokenExpires && {
      label: "If nobody uses the app",
      text: `It is renewed in the background. Without that, it would last until ${format(state.refreshTokenExpires)}`,
    },
  ];
  return {
    tone: "success",
    status: "Connected",
    summary: "The connection renews itself about every hour. There is nothing for you to do.",
    facts: facts.filter((fact) => fact !== undefined),
  };
}

function describePermanent(phase: Phase): ConnectionView {
  return {
    tone: phase === "legacy" ? "success" : "info",
    status: "Connected",
    summary:
      phase === "legacy"
        ? "Your store is connected to the app. There is nothing for you to do."
        : "Your store is connected. It will move to a safer connection, one that renews itself every hour. You will not notice, and there is nothing for you to do.",
    facts:
      phase === "legacy"
        ? []
        : [{ label: "What happens next", text: "The move happens in the background, within the next days" }],
  };
}

function latestOf(...dates: (Date | undefined)[]): Date | undefined {
  return dates.reduce((latest, date) => (date && (!latest || date > latest) ? date : latest), undefined);
}

const EVENTS: Record<string, Pick<ConnectionEvent, "title" | "detail" | "tone">> = {
  acquired: { title: "Connected", detail: "Shopify confirmed the app for your store.", tone: "success" },
  acquired_permanent: { title: "Connected", detail: "The app was installed in your store.", tone: "success" },
  migrated: {
    title: "Moved to a safer connection",
    detail: "From now on the connection renews itself every hour.",
    tone: "success",
  },
  refreshed: { title: "Renewed", detail: "The connection was renewed in the background.", tone: "info" },
  needs_reauth: {
    title: "Interrupted",
    detail: "Shopify ended the connection. It was restored when the app was opened again.",
    tone: "warning",
  },
  suspended: { title: "Paused", detail: "Shopify paused access to your store.", tone: "warning" },
  resumed: { title: "Continued", detail: "Shopify gives access to your store again.", tone: "success" },
  uninstalled: { title: "Removed", detail: "The app was removed from your store.", tone: "info" },
};

/** What happened to the connection, for the timeline. Kinds that only operators understand are left out. */
export function describeHistory(history: readonly TokenHistoryEntry[], format: FormatDate): ConnectionEvent[] {
  return history.flatMap(({ kind, at }) => {
    const words = EVENTS[kind];
    return words ? [{ ...words, when: format(at), at: at.toISOString() }] : [];
  });
}

/** Dates as people in the store's time zone read them; UTC when the zone is not known. */
export function dateFormatFor(timeZone: string | undefined): FormatDate {
  const options = { dateStyle: "medium", timeStyle: "short" } as const;
  let formatter: Intl.DateTimeFormat;
  try {
    formatter = new Intl.DateTimeFormat("en-US", { ...options, timeZone: timeZone ?? "UTC" });
  } catch {
    formatter = new Intl.DateTimeFormat("en-US", { ...options, timeZone: "UTC" });
  }
  // Newer ICU puts a narrow space before AM and PM, which some fonts lack.
  return (date) => formatter.format(date).replaceAll("\u202f", " ");
}
