import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parallel } from "../../lab/simulated/parallel.ts";
import { sharedDashboard, soon, whyNoBrowser, type Dashboard } from "./dashboard.ts";

const RUNNING = 3;
const STOPPED = 240;
const OURS = "name = table-*";

describe.skipIf(whyNoBrowser)(`the dashboard's tables${whyNoBrowser ? ` (${whyNoBrowser})` : ""}`, () => {
  let dashboard: Dashboard;
  beforeAll(async () => {
    dashboard = await sharedDashboard();
    for (let number = 1; number <= RUNNING; number++) await dashboard.runVm(`table-r${number}`, "sim-1", 256);
    const numbers = Array.from({ length: STOPPED }, (_, number) => number);
    await parallel(8, numbers, (number) => dashboard.addVm(`table-z${String(number).padStart(3, "0")}`, number === 0 ? 128 : 300 + number));
  });
  afterAll(() => dashboard.stop());

  const row = (page: Page, name: string) => page.getByRole("row").filter({ has: page.getByRole("link", { name, exact: true }) });
  const names = async (page: Page) =>
    (await page.locator("[data-index] [role=cell]:first-child a").allTextContents()).map((name) => name.trim());
  const openVms = async () => {
    const page = await dashboard.enter();
    await page.getByRole("link", { name: "Virtual machines" }).first().click();
    await page.getByRole("searchbox").fill(OURS);
    await row(page, "table-r1").waitFor();
    await soon(() => page.getByRole("heading", { level: 1 }).textContent()).toContain(String(RUNNING + STOPPED));
    return page;
  };

  it("show hosts with their load as it is measured", async () => {
    const page = await dashboard.enter();
    await page.getByRole("link", { name: "Hosts", exact: true }).first().click();
    const host = row(page, "sim-1");
    await host.getByText("Up", { exact: true }).waitFor();
    const cpu = host.getByRole("meter", { name: "CPU of sim-1" });
    await soon(() => cpu.getAttribute("aria-valuetext")).toMatch(/^[\d.]+ %$/);
    await soon(() =>
      cpu
        .locator("path")
        .last()
        .getAttribute("d")
        .then((path) => path?.split("M").length),
    ).toBeGreaterThan(3);
  });

  it("keep only the rows in view in the page, and read on while one scrolls", async () => {
    const page = await openVms();
    expect(await page.locator("[data-index]").count()).toBeLessThan(60);
    const last = row(page, `table-z${STOPPED - 1}`);
    await soon(async () => {
      await page
        .getByRole("rowgroup")
        .evaluate((body: { scrollTop: number; scrollHeight: number }) => (body.scrollTop = body.scrollHeight));
      return last.isVisible();
    }).toBe(true);
    expect(await page.locator("[data-index]").count()).toBeLessThan(60);
  });

  it("search in oVirt's language, keep the search in the address, and say what they do not understand", async () => {
    const page = await openVms();
    const box = page.getByRole("searchbox");
    await box.fill("name = table-r* and status = up");
    await soon(() => page.locator("[data-index]").count()).toBe(RUNNING);
    await page.reload();
    await soon(() => page.locator("[data-index]").count()).toBe(RUNNING);
    await box.fill("colour = blue");
    await page.getByRole("alert").getByText('there is no field "colour"').waitFor();
    await box.fill("table-z000");
    await soon(() => names(page)).toEqual(["table-z000"]);
    expect(await page.getByRole("alert").filter({ hasText: /\S/ }).count()).toBe(0);
  });

  it("sort by any field the engine can sort by", async () => {
    const page = await openVms();
    const header = page.getByRole("columnheader", { name: "Memory", exact: true });
    await header.getByRole("button").click();
    await soon(async () => (await names(page))[0]).toBe("table-z000");
    await header.getByRole("button").click();
    await soon(async () => (await names(page))[0]).toBe(`table-z${STOPPED - 1}`);
    expect(await header.getAttribute("aria-sort")).toBe("descending");
  });

  it("show what somebody else adds, without a reload", async () => {
    const page = await openVms();
    const added = await dashboard.addVm("table-a", 64);
    await row(page, "table-a").getByText("Down").waitFor();
    expect((await names(page))[0]).toBe("table-a");
    await dashboard.removeVm(added);
  });

  it("can be walked through by keyboard", async () => {
    const page = await openVms();
    await row(page, "table-r1").getByRole("link").first().focus();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "table-r2" }).waitFor();
  });
});
