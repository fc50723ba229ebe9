import { describe, expect, it } from "vitest";
import { dateFormatFor, describeConnection, describeHistory } from "./connection-words.ts";
import type { ShopTokenState } from "../tokens/types.ts";

const format = dateFormatFor("Europe/Berlin");
const at = (time: string) => new Date(`2026-11-23T${time}:00Z`);
const state = (fields: Partial<ShopTokenState>): ShopTokenState => ({
  shop: "a.myshopify.com",
  status: "fresh",
  reason: "",
  generation: 1,
  scope: undefined,
  expires: undefined,
  refreshTokenExpires: undefined,
  needsReauthAt: undefined,
  needsReauthWhy: undefined,
  suspendedAt: undefined,
  suspendedWhy: undefined,
  uninstalledAt: undefined,
  acquiredAt: undefined,
  migratedAt: undefined,
  refreshedAt: undefined,
  ...fields,
});

describe("describeConnection", () => {
  it("names the latest renewal, whichever kind it was, in the store's time", () => {
    const { status, facts } = describeConnection(
      state({ acquiredAt: at("08:00"), migratedAt: at("09:00"), refreshedAt: at("10:00"), expires: at("11:00") }),
      "expand",
      format,
    );
    expect(status).toBe("Connected");
    expect(facts).toEqual([
      { label: "Connected since", text: "Nov 23, 2026, 9:00 AM" },
      { label: "Last renewed", text: "Nov 23, 2026, 11:00 AM" },
      { label: "Renews next", text: expect.stringContaining("Nov 23, 2026, 12:00 PM") as string },
    ]);
  });

  it("promises the move of a permanent connection in expand and contract, and nothing in legacy", () => {
    expect(describeConnection(state({ status: "permanent" }), "legacy", format).summary).not.toContain("move");
    for (const phase of ["expand", "contract"] as const) {
      expect(describeConnection(state({ status: "permanent" }), phase, format).summary).toContain(
        "move to a safer connection",
      );
    }
  });

  it("says that a suspended store is paused", () => {
    expect(describeConnection(state({ suspendedAt: at("10:00") }), "expand", format)).toMatchObject({
      tone: "warning",
      status: "Paused",
    });
  });

  it("speaks no word of the trade", () => {
    const words = (["fresh", "permanent", "custom_app"] as const).map((status) =>
      JSON.stringify(
        describeConnection(state({ status, expires: at("11:00"), refreshTokenExpires: at("12:00") }), "expand", format),
      ),
    );
    expect(words.join()).not.toMatch(/token|oauth|offline|scope|generation/i);
  });
});

describe("describeHistory", () => {
  it("tells what merchants understand and leaves out what only operators do", () => {
    const entry = (kind: string) => ({ at: at("10:00"), kind, generation: 1, code: undefined, detail: "internal" });
    const events = describeHistory([entry("migrated"), entry("regression"), entry("acquired")], format);
    expect(events.map(({ title }) => title)).toEqual(["Moved to a safer connection", "Connected"]);
    expect(events[0]).toMatchObject({ at: "2026-11-23T10:00:00.000Z", when: "Nov 23, 2026, 11:00 AM" });
    expect(JSON.stringify(events)).not.toContain("internal");
  });
});

describe("dateFormatFor", () => {
  it("falls back to UTC for a time zone that nobody knows", () => {
    expect(dateFormatFor("Moon/Tranquility")(at("10:00"))).toBe("Nov 23, 2026, 10:00 AM");
  });
});
