import type { Page, WebSocketRoute } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { logIn, soon, startDashboard, whyNoBrowser, type Dashboard } from "./dashboard.ts";

/** As a proxy in between would do it. */
const RESTART = { code: 1012, reason: "Service Restart" };
const VM = "query ($id: ID!) { vm(id: $id) { status } }";
const START_VM = "mutation ($id: ID!) { startVm(id: $id) { job { id } } }";
const STOP_VM = "mutation ($id: ID!) { stopVm(id: $id) { job { id } } }";

describe.skipIf(whyNoBrowser)(`the dashboard of an engine that goes away${whyNoBrowser ? ` (${whyNoBrowser})` : ""}`, () => {
  let dashboard: Dashboard;
  beforeAll(async () => {
    dashboard = await startDashboard({ hosts: 1, vms: 2 });
  });
  afterAll(() => dashboard.stop());

  const openVms = async (page: Page) => {
    await page.getByRole("link", { name: "Virtual machines" }).first().click();
    const row = page.getByRole("row").filter({ has: page.getByRole("link", { name: "vm-1", exact: true }) });
    await row.getByText("Up", { exact: true }).waitFor();
    return { row, id: await row.getAttribute("data-id") };
  };

  it("says so, and comes back with it by itself", async () => {
    const page = await dashboard.enter();
    const { row, id } = await openVms(page);
    const banner = page.getByText("reconnecting");
    await dashboard.restartEngine(() => banner.waitFor());
    await banner.waitFor({ state: "hidden" });
    await row.getByText("Up", { exact: true }).waitFor();
    await dashboard.execute(STOP_VM, { id });
    await row.getByText("Down", { exact: true }).waitFor();
    await dashboard.execute(START_VM, { id });
    await row.getByText("Up", { exact: true }).waitFor();
  });

  it("is told what happened while only the connection was away, without reading the list again", async () => {
    const page = await dashboard.open();
    let away = false;
    const sockets: WebSocketRoute[] = [];
    await page.routeWebSocket(/graphql/, (socket) => {
      if (away) void socket.close(RESTART);
      else {
        socket.connectToServer();
        sockets.push(socket);
      }
    });
    await page.reload();
    await logIn(page, dashboard.password);
    const { row, id } = await openVms(page);
    let reads = 0;
    page.on("request", (request) => {
      if (request.postData()?.includes("query Vms")) reads++;
    });
    away = true;
    await Promise.all(sockets.map((socket) => socket.close(RESTART)));
    await page.getByText("reconnecting").waitFor();
    await dashboard.execute(STOP_VM, { id });
    await soon(async () => (await dashboard.execute<{ vm: { status: string } }>(VM, { id })).vm.status).toBe("DOWN");
    await row.getByText("Up", { exact: true }).waitFor();
    away = false;
    await row.getByText("Down", { exact: true }).waitFor();
    expect(reads).toBe(0);
    await dashboard.execute(START_VM, { id });
    await row.getByText("Up", { exact: true }).waitFor();
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
    const { row, id } = await openVms(page);
    await dashboard.execute(STOP_VM, { id });
    await row.getByRole("link", { name: "vm-1", exact: true }).click();
    await page.getByRole("button", { name: "Start", exact: true }).and(page.locator('[aria-disabled="false"]')).waitFor();
    await page.route("**/graphql", (route) => route.abort());
    await page.getByRole("button", { name: "Start", exact: true }).click();
    await page.getByRole("alert").getByText("The engine cannot be reached.").waitFor();
    await page.unroute("**/graphql");
    await page.getByRole("button", { name: "Start", exact: true }).click();
    await page.locator('h1 ~ .status [data-status="UP"]').waitFor();
  });
});
