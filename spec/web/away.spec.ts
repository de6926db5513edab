import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startDashboard, whyNoBrowser, type Dashboard } from "./dashboard.ts";

const STOP_VM = "mutation ($id: ID!) { stopVm(id: $id) { job { id } } }";

describe.skipIf(whyNoBrowser)(`the dashboard of an engine that goes away${whyNoBrowser ? ` (${whyNoBrowser})` : ""}`, () => {
  let dashboard: Dashboard;
  beforeAll(async () => {
    dashboard = await startDashboard({ hosts: 1, vms: 2 });
  });
  afterAll(() => dashboard.stop());

  it("says so, comes back with it by itself, and misses nothing in between", async () => {
    const page = await dashboard.enter();
    let reads = 0;
    page.on("request", (request) => {
      if (request.postData()?.includes("query Vms")) reads++;
    });
    await page.getByRole("link", { name: "Virtual machines" }).first().click();
    const row = page.getByRole("row").filter({ has: page.getByRole("link", { name: "vm-1", exact: true }) });
    await row.getByText("Up", { exact: true }).waitFor();
    const id = await row.getAttribute("data-id");
    const banner = page.getByText("reconnecting");
    const readsBefore = reads;
    await dashboard.restartEngine(async () => banner.waitFor());
    await banner.waitFor({ state: "hidden" });
    await dashboard.execute(STOP_VM, { id });
    await row.getByText("Down", { exact: true }).waitFor();
    expect(reads).toBe(readsBefore);
    await page.reload();
    await row.getByText("Down", { exact: true }).waitFor();
  });

  it("waits for it when the page is loaded meanwhile", async () => {
    const page = await dashboard.enter();
    await page.route("**/graphql", (route) => route.abort());
    await page.reload();
    await page.getByText("Connecting…").waitFor();
    await page.unroute("**/graphql");
    await page.getByRole("navigation", { name: "Main" }).waitFor();
  });

  it("tells that a button could not be heard, and goes on", async () => {
    const page = await dashboard.enter();
    await page.getByRole("link", { name: "Virtual machines" }).first().click();
    await page.getByRole("link", { name: "vm-1", exact: true }).click();
    await page.getByRole("button", { name: "Start", exact: true }).and(page.locator('[aria-disabled="false"]')).waitFor();
    await page.route("**/graphql", (route) => route.abort());
    await page.getByRole("button", { name: "Start", exact: true }).click();
    await page.getByRole("alert").getByText("The engine cannot be reached.").waitFor();
    await page.unroute("**/graphql");
    await page.getByRole("button", { name: "Start", exact: true }).click();
    await page.locator('h1 ~ .status [data-status="UP"]').waitFor();
  });
});
