import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { AxeResults } from "axe-core";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { soon, whyNoBrowser } from "./dashboard.ts";
import { everyPlace, startFurnished, type Furnished } from "./furnished.ts";

/** Every page and dialog in turn, on a busy machine too. */
const PLACES_MS = 240_000;

const AXE = readFileSync(fileURLToPath(import.meta.resolve("axe-core/axe.min.js")), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

describe.skipIf(whyNoBrowser)(`the dashboard by keyboard and by ear${whyNoBrowser ? ` (${whyNoBrowser})` : ""}`, () => {
  let dashboard: Furnished;
  beforeAll(async () => {
    dashboard = await startFurnished();
  });
  afterAll(() => dashboard.stop());
  const visit = (page: Page, name: string) =>
    everyPlace(dashboard)
      .find((place) => place.name === name)!
      .visit(page);
  const violations = async (page: Page) => {
    await page.evaluate(AXE);
    const { violations: found } = await page.evaluate<AxeResults>(
      `axe.run(document, { runOnly: ${JSON.stringify(RULES)}, resultTypes: ["violations"] })`,
    );
    return found.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 160)} ${failureSummary}`));
  };

  it.each(["light", "dark"] as const)(
    "has no fault that axe finds on any page or dialog, in %s colours",
    async (colorScheme) => {
      const page = await dashboard.open({ colorScheme });
      await page.getByLabel("Password").waitFor();
      expect(await violations(page), "log-in").toEqual([]);
      const known = await dashboard.enter({ colorScheme });
      for (const { name, visit: go } of everyPlace(dashboard)) {
        await go(known);
        expect(await violations(known), name).toEqual([]);
        await known.keyboard.press("Escape");
      }
      await known.getByRole("tab", { name: "Events" }).click();
      await known.getByRole("list", { name: "Events", exact: true }).getByRole("listitem").first().waitFor();
      expect(await violations(known), "events").toEqual([]);
    },
    PLACES_MS,
  );

  it("shows where the focus is, wherever Tab leads", async () => {
    const page = await dashboard.enter();
    for (const name of ["overview", "hosts", "VM that runs", "dialog of maintenance"]) {
      await visit(page, name);
      await page.evaluate("document.activeElement.blur()");
      const seen = new Set<string>();
      for (let step = 0; step < 40; step++) {
        await page.keyboard.press("Tab");
        const { key, outline } = await page.evaluate(focused);
        expect(outline, key).not.toBe("none");
        seen.add(key);
      }
      expect(seen.size).toBeGreaterThan(3);
    }
  });

  it.each(["dialog to add a host", "dialog of maintenance", "dialog of a migration", "dialog to remove a VM"])(
    "keeps the focus inside the %s, and gives it back, however it is closed",
    async (name) => {
      const page = await dashboard.enter();
      for (const close of [
        () => page.keyboard.press("Escape"),
        () => page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click(),
      ]) {
        await visit(page, name);
        for (let step = 0; step < 25; step++) {
          await page.keyboard.press("Tab");
          // Between its last and its first element the browser's own bar has the focus.
          expect(await page.evaluate("document.activeElement === document.body || document.activeElement.closest('dialog') !== null")).toBe(
            true,
          );
        }
        const opener = await page.evaluate<string>("document.querySelector('dialog h2').textContent");
        await close();
        await page.getByRole("dialog").waitFor({ state: "hidden" });
        const words = { "Add host": "Add host", Send: "Maintenance", Migrate: "Migrate", Remove: "Remove" };
        const expected = Object.entries(words).find(([start]) => opener.startsWith(start))![1];
        await soon(() => page.evaluate("document.activeElement.textContent.trim()")).toBe(expected);
      }
    },
  );

  it("leads the focus to the page that was gone to", async () => {
    const page = await dashboard.enter();
    await visit(page, "VMs");
    await page.getByRole("link", { name: "vm-1", exact: true }).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "vm-1" }).waitFor();
    await soon(() => page.evaluate("document.activeElement.id")).toBe("main");
    await page.keyboard.press("Tab");
    expect(await page.evaluate("document.activeElement.textContent.trim()")).toBe("Virtual machines");
  });

  it("reads out nothing while only numbers change", async () => {
    const page = await dashboard.enter();
    for (const name of ["overview", "hosts", "VMs", "host", "VM that runs"]) {
      await visit(page, name);
      const chart = page.getByRole("figure").first();
      const ticks = async () => Number(await chart.getAttribute("data-points").catch(() => "0"));
      const hasChart = (await chart.count()) > 0;
      await page.evaluate(listen);
      if (hasChart) {
        const before = await ticks();
        await soon(ticks).toBeGreaterThan(before + 3);
      } else await soon(async () => (await page.locator("[role=meter]").first().getAttribute("aria-valuetext")) ?? "").toMatch(/%/);
      expect(await page.evaluate("spoken"), name).toEqual([]);
    }
  });

  it("reads out a failure once, at once", async () => {
    const page = await dashboard.enter();
    await visit(page, "VM that is down, of a long name");
    await page.evaluate(listen);
    for (const host of dashboard.simulation.hosts) host.failNext("vm.start", "INTERNAL");
    await page.getByRole("toolbar").getByRole("button", { name: "Start", exact: true }).click();
    await page.getByRole("alert").filter({ hasText: "Starting VM" }).waitFor();
    const regions = await page.evaluate<string[]>("spoken.filter(({ text }) => text.includes('Starting VM')).map(({ role }) => role)");
    expect(regions).toEqual(["alert"]);
    expect(await page.locator("[aria-live] [role=alert], [role=status] [role=alert], [role=alert] [role=alert]").count()).toBe(0);
  });
});

/** In the page: what has the focus, and how that is shown. */
function focused(): { key: string; outline: string } {
  const { document, getComputedStyle } = globalThis as any;
  const element = document.activeElement;
  // The browser's own bar, after the last element.
  if (element === document.body) return { key: "body", outline: "the browser's" };
  return { key: `${element.tagName} ${element.textContent.trim().slice(0, 40)}`, outline: getComputedStyle(element).outlineStyle };
}

/** In the page: keeps in `spoken` what a screen reader would read out by itself from now on. */
function listen(): void {
  const { document, MutationObserver } = globalThis as any;
  const spoken: { role: string; text: string }[] = ((globalThis as any).spoken = []);
  const LIVE = "[aria-live=polite], [aria-live=assertive], [role=alert], [role=status]";
  const heard = ({ target }: { target: any }) => {
    const region = (target.nodeType === 1 ? target : target.parentElement)?.closest(LIVE);
    if (!region || spoken.some(({ text }) => text === region.textContent)) return;
    spoken.push({ role: region.getAttribute("role") ?? region.getAttribute("aria-live"), text: region.textContent });
  };
  new MutationObserver((changes: { target: any }[]) => changes.forEach(heard)).observe(document.body, {
    subtree: true,
    childList: true,
    characterData: true,
  });
}
