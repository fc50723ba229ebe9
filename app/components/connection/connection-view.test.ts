// Proves what the pages conclude from a shop's state and history.
import { describe, expect, it } from "vitest";
import type { ShopTokenState } from "../../tokens/index.ts";
import { viewConnection } from "./connection-view.ts";
import { viewHistory } from "./history-view.ts";
import { accessByResource } from "./scope-list.tsx";

const at = (time: string) => new Date(`2026-11-23T${time}:00Z`);
const NOW = at("12:00").getTime();
const state = (fields: Partial<ShopTokenState>): ShopTokenState => ({
  shop: "a.myshopify.com",
  status: "fresh",
  reason: "",
  generation: 1,
  scope: undefined,
  expires: undefined,
  refreshTokenExpires: undefined,
  ...fields,
});
const kindOf = (fields: Partial<ShopTokenState>, phase: "legacy" | "expand" | "contract" = "expand") =>
  viewConnection(state(fields), phase, NOW).kind;

describe("viewConnection", () => {
  it("names the first and the latest change, whichever kind they were", () => {
    expect(
      viewConnection(
        state({ acquiredAt: at("08:00"), migratedAt: at("07:00"), refreshedAt: at("10:00"), expires: at("13:00") }),
        "expand",
        NOW,
      ),
    ).toMatchObject({ kind: "connected", since: at("07:00").toISOString(), renewedAt: at("10:00").toISOString() });
  });

  it.each([
    ["new", { acquiredAt: at("11:55") }],
    ["connected", { acquiredAt: at("11:45") }],
    ["connected", { acquiredAt: at("11:55"), refreshedAt: at("11:56") }],
    ["upgrade_planned", { status: "permanent" }],
    ["upgrading", { status: "permanent", leased: true }],
    ["connected", { leased: true }],
    ["lasting", { status: "custom_app" }],
    ["connected", { status: "expired" }],
    ["attention", { status: "dead" }],
    ["attention", { needsReauthAt: at("11:00") }],
    ["paused", { suspendedAt: at("10:00"), needsReauthAt: at("11:00") }],
  ] as const)("is %s for %o", (kind, fields) => {
    expect(kindOf(fields)).toBe(kind);
  });

  it("promises no upgrade before there is one", () => {
    expect(kindOf({ status: "permanent" }, "legacy")).toBe("lasting");
    expect(kindOf({ status: "permanent" }, "contract")).toBe("upgrade_planned");
  });
});

it("collapses repeats of a history, across what only operators understand", () => {
  const entry = (kind: string, time: string) => ({ at: at(time), kind, generation: 1, code: "x", detail: "internal" });
  expect(
    viewHistory([
      entry("refreshed", "12:00"),
      entry("regression", "11:30"),
      entry("refreshed", "11:00"),
      entry("migrated", "10:00"),
    ]),
  ).toEqual([
    { kind: "refreshed", count: 2, at: at("12:00").toISOString(), from: at("11:00").toISOString() },
    { kind: "migrated", count: 1, at: at("10:00").toISOString() },
  ]);
});

it("shows the latest fifty lines of a history, however long it is", () => {
  const history = Array.from({ length: 500 }, (_, i) => ({
    at: at("12:00"),
    kind: i % 2 ? "acquired" : "uninstalled",
    generation: 1,
    code: "x",
    detail: "",
  }));
  expect(viewHistory(history)).toHaveLength(50);
});

it("says of each kind of data the most that the app may do", () => {
  expect([
    ...accessByResource(["read_products", "write_products", "read_orders", "unauthenticated_read_content", "odd"]),
  ]).toEqual([
    ["products", "edit"],
    ["orders", "view"],
    ["content", "view"],
  ]);
});
