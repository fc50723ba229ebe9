import type { Frame, Page } from "playwright-core";

/** Elements that reach beyond the right edge of the page: their text is cut off, or makes the page scroll sideways. */
export function cutOff(frame: Frame | Page): Promise<string[]> {
  return frame.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>("body *")]
      .filter((element) => {
        const { right, width } = element.getBoundingClientRect();
        const style = getComputedStyle(element);
        const isHidden = width <= 1 || style.clip !== "auto" || style.visibility === "hidden";
        return !isHidden && right > document.documentElement.clientWidth + 1;
      })
      .map((element) => `${element.tagName} ${element.className} ${element.textContent?.slice(0, 40)}`),
  );
}

/** What can be worked on a page and is not reached by pressing Tab from its beginning, or is reached without showing it. */
export async function notReachedByKeyboard(page: Page, frame: Frame): Promise<string[]> {
  const count = await frame.evaluate(() => {
    const all = [
      ...document.querySelectorAll<HTMLElement>("a[href], button, input, select, textarea, summary, [tabindex]"),
    ];
    const workable = all.filter(
      (element) =>
        element.tabIndex >= 0 &&
        !element.matches(":disabled, input[type=hidden]") &&
        element.checkVisibility({ visibilityProperty: true }),
    );
    workable.forEach((element) => element.setAttribute("data-walk", "left"));
    document.body.tabIndex = -1;
    document.body.focus();
    return workable.length;
  });
  for (let step = 0; step < count + 2; step++) {
    await page.keyboard.press("Tab");
    await frame.evaluate(() => {
      const at = document.activeElement as HTMLElement | null;
      if (!at || at === document.body) return;
      // Polaris draws the focus of some fields on a sibling.
      const isShown = [at, ...(at.parentElement?.children ?? [])].some((element) =>
        [undefined, "::after"].some((part) => {
          const { outlineStyle, boxShadow } = getComputedStyle(element, part);
          return outlineStyle !== "none" || boxShadow !== "none";
        }),
      );
      at.setAttribute("data-walk", isShown ? "reached" : "not shown");
    });
  }
  return frame.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>("[data-walk]")]
      .filter((element) => element.dataset["walk"] !== "reached")
      .map((element) => `${element.dataset["walk"]}: ${element.outerHTML.slice(0, 120)}`),
  );
}

/** What still moves for someone who asked for less motion. */
export async function movingWithReducedMotion(page: Page, frame: Frame): Promise<string[]> {
  await page.emulateMedia({ reducedMotion: "reduce" });
  const moving = await frame.evaluate(() =>
    document
      .getAnimations()
      .filter(({ playState, effect }) => playState === "running" && Number(effect?.getComputedTiming().duration) > 50)
      .map((animation) => (animation as CSSAnimation).animationName ?? "transition"),
  );
  await page.emulateMedia({ reducedMotion: null });
  return moving;
}
