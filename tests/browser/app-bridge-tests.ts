// What App Bridge asks the Admin to show: toasts, modals, save bars, pickers. A part of sandbox-admin.test.ts, whose browser it uses.
import { describe, expect, it } from "vitest";
import { type AdminPages, noted } from "./sandbox-world.ts";

export function testAppBridge(openApp: AdminPages["openApp"]): void {
  describe("what App Bridge shows in the Admin", () => {
    it("toast with an action", async () => {
      const { page, app, errors } = await openApp();
      await app.locator("#toast").click();
      await page.getByRole("status").getByText("Saved").waitFor();
      await page.getByRole("button", { name: "Undo" }).click();
      await noted(app, "undone");
      await page.getByText("Saved", { exact: true }).waitFor({ state: "hidden" });
      expect(errors).toEqual([]);
    });

    it("modal with the buttons of its title bar, closed by Escape too", async () => {
      const { page, app, errors } = await openApp();
      await app.locator("#modal-open").click();
      const dialog = app.getByRole("dialog", { name: "Sure?" });
      await app.getByText("In the modal").waitFor();
      // The Admin hears of the modal by message: shortly after the frame shows it.
      await page.locator("#dim").waitFor();
      await page.keyboard.press("Escape");
      await dialog.waitFor({ state: "hidden" });
      await page.locator("#dim").waitFor({ state: "hidden" });
      await app.locator("#modal-open").click();
      await dialog.getByRole("button", { name: "Confirm" }).click();
      await noted(app, "confirmed");
      await dialog.waitFor({ state: "hidden" });
      expect(errors).toEqual([]);
    });

    it("save bar, which also guards against leaving with unsaved changes", async () => {
      const { page, app, errors } = await openApp();
      const bar = page.getByRole("region", { name: "Unsaved changes" });
      await app.locator("#bar-open").click();
      await bar.getByRole("button", { name: "Save" }).click();
      await noted(app, "saved");
      await bar.waitFor({ state: "hidden" });
      await app.locator("#bar-open").click();
      await page.getByRole("link", { name: "Orders" }).click();
      await page.getByRole("button", { name: "Stay" }).click();
      expect(await app.locator("#where").textContent()).toBe("/app");
      await page.getByRole("link", { name: "Orders" }).click();
      await page.getByRole("button", { name: "Leave page" }).click();
      await app.locator("#where", { hasText: "/app/orders" }).waitFor();
      expect(errors).toEqual([]);
    });

    it("save bar of a form that asks for one, by its own fields", async () => {
      const { page, app, errors } = await openApp();
      const bar = page.getByRole("region", { name: "Unsaved changes" });
      await app.getByLabel("Name").fill("New name");
      await bar.getByRole("button", { name: "Discard" }).click();
      await noted(app, "form reset");
      await bar.waitFor({ state: "hidden" });
      await app.getByLabel("Name").fill("Another name");
      await bar.getByRole("button", { name: "Save" }).click();
      await noted(app, "form saved");
      await bar.waitFor({ state: "hidden" });
      expect(errors).toEqual([]);
    });

    it("resource picker, scopes and loading", async () => {
      const { page, app, errors } = await openApp();
      await app.locator("#pick").click();
      await page.getByLabel("Search").fill("mug");
      await page.getByRole("checkbox", { name: "Stoneware mug" }).check();
      await page.getByRole("button", { name: "Add", exact: true }).click();
      await noted(app, "Stoneware mug");
      await app.locator("#scopes").click();
      await page.getByRole("button", { name: "Grant access" }).click();
      await noted(app, "granted-all read_products,write_products");
      await app.locator("#busy").click();
      await page.getByRole("progressbar").waitFor();
      expect(errors).toEqual([]);
    });
  });
}
