import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { soon, startDashboard, whyNoBrowser, type Dashboard } from "./dashboard.ts";

const RUNNING = 3;
const STOPPED = 240;
const ADD_VM = "mutation ($input: AddVmInput!) { addVm(input: $input) { vm { id } } }";

describe.skipIf(whyNoBrowser)(`the dashboard's tables${whyNoBrowser ? ` (${whyNoBrowser})` : ""}`, () => {
  let dashboard: Dashboard;
  let addVm: (name: string, mebibytes: number) => Promise<unknown>;
  beforeAll(async () => {
    dashboard = await startDashboard({ hosts: 1, vms: RUNNING });
    const { clusters } = await dashboard.execute<{ clusters: { nodes: { id: string }[] } }>("{ clusters { nodes { id } } }");
    addVm = (name, mebibytes) =>
      dashboard.execute(ADD_VM, { input: { name, clusterId: clusters.nodes[0]?.id, memory: mebibytes * 2 ** 20 } });
    for (let number = 0; number < STOPPED; number++) await addVm(`z-${String(number).padStart(3, "0")}`, 128 + number);
  });
  afterAll(() => dashboard.stop());

  const row = (page: Page, name: string) => page.getByRole("row").filter({ has: page.getByRole("link", { name, exact: true }) });
  const names = async (page: Page) => (await page.locator("[data-index] a:first-child").allTextContents()).map((name) => name.trim());
  const openVms = async () => {
    const page = await dashboard.enter();
    await page.getByRole("link", { name: "Virtual machines" }).first().click();
    await row(page, "vm-1").waitFor();
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
    expect(await page.getByRole("heading", { level: 1 }).textContent()).toContain(String(RUNNING + STOPPED));
    expect(await page.locator("[data-index]").count()).toBeLessThan(60);
    const last = row(page, `z-${STOPPED - 1}`);
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
    await box.fill("name = vm-* and status = up");
    await soon(() => page.locator("[data-index]").count()).toBe(RUNNING);
    await page.reload();
    await soon(() => page.locator("[data-index]").count()).toBe(RUNNING);
    await box.fill("colour = blue");
    await page.getByRole("alert").getByText('there is no field "colour"').waitFor();
    await box.fill("z-000");
    await soon(() => names(page)).toEqual(["z-000"]);
    expect(await page.getByRole("alert").filter({ hasText: /\S/ }).count()).toBe(0);
  });

  it("sort by any field the engine can sort by", async () => {
    const page = await openVms();
    const header = page.getByRole("columnheader", { name: "Memory", exact: true });
    await header.getByRole("button").click();
    await soon(async () => (await names(page))[0]).toBe("z-000");
    await header.getByRole("button").click();
    await soon(async () => (await names(page))[0]).toBe(`z-${STOPPED - 1}`);
    expect(await header.getAttribute("aria-sort")).toBe("descending");
  });

  it("show what somebody else adds, without a reload", async () => {
    const page = await openVms();
    await addVm("aaa", 64);
    await row(page, "aaa").getByText("Down").waitFor();
    expect((await names(page))[0]).toBe("aaa");
  });

  it("can be walked through by keyboard", async () => {
    const page = await openVms();
    await row(page, "vm-1").getByRole("link").first().focus();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "vm-2" }).waitFor();
  });
});
